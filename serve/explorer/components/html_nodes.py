"""What Streamlit has no element for, drawn safely: a tree of nodes that the browser builds.

Texts of a catalogue go in as texts and come out as texts: html_nodes.js never parses HTML. A node is
`{"t": tag, "a": attributes, "c": children}`, and a child is a node or a text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from serve.explorer.routing import go

__all__ = ["Node", "data_text", "node", "show"]

Node = dict[str, Any]
Child = Node | str | None

_HERE = Path(__file__).parent


def node(tag: str, *children: Child | Sequence[Child], **attributes: str | None) -> Node:
    """One element; `cls` stands for class and `_` for `-`, None leaves a child or attribute out."""
    flat: list[Node | str] = []
    for child in children:
        several = [child] if child is None or isinstance(child, str | dict) else child
        flat.extend(part for part in several if part is not None)
    named = {
        {"cls": "class"}.get(name, name.replace("_", "-")): value
        for name, value in attributes.items()
        if value is not None
    }
    return {"t": tag, "a": named, "c": flat}


def data_text(value: object) -> str:
    """A text of the catalogue: sound UTF-8, and nothing for None."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def show(
    *nodes: Child | Sequence[Child], key: str, within: Callable[[str], None] | None = None
) -> None:
    """Draw the nodes here; a click on a link of theirs opens its page in this session.

    `within` is called with the address instead, before the page runs again: for links that lead
    to the page where they stand, whose widgets keep their values unless they are set.
    """

    def clicked() -> None:
        to = st.session_state[f"view-{key}"].open
        if within is not None and to:
            within(str(to))

    tree = node("div", *nodes)["c"]
    result = _view()(key=f"view-{key}", data=tree, on_open_change=clicked)
    if result.open and within is None:
        go(str(result.open))


@cache
def _assets() -> tuple[str, str]:
    return (
        (_HERE / "html_nodes.css").read_text("utf-8"),
        (_HERE / "html_nodes.js").read_text("utf-8"),
    )


def _view() -> Any:
    css, js = _assets()
    return st.components.v2.component(
        "microgenres.view", html='<div class="view"></div>', css=css, js=js
    )
