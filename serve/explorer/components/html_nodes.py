"""HTML that Streamlit has no element for, sent to the browser as a tree of nodes.

Texts of a catalogue stay texts: html_nodes.js creates elements and text nodes and never parses
HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import streamlit as st

from serve.explorer.routing import go

__all__ = ["Node", "data_text", "node", "show"]


class Node(TypedDict):
    """An HTML element: `t` is its tag, `a` its attributes and `c` its children."""

    t: str
    a: dict[str, str]
    c: list[Node | str]


Child = Node | str | None

_FOLDER = Path(__file__).parent


def node(tag: str, *children: Child | Sequence[Child], **attributes: str | None) -> Node:
    """Create an HTML element.

    Parameters
    ----------
    tag : str
        Tag name; html_nodes.js lists the allowed ones.
    *children : Node, str, None, or a sequence of these
        Child elements and texts. None is left out.
    **attributes : str or None
        Attributes, with `cls` for `class` and `_` for `-`. None is left out.

    Examples
    --------
    >>> node("p", "Hello", None, cls="note", aria_label="greeting")
    {'t': 'p', 'a': {'class': 'note', 'aria-label': 'greeting'}, 'c': ['Hello']}
    """
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
    """Return a value of the catalogue as valid UTF-8 text; None becomes "".

    Examples
    --------
    >>> data_text(None), data_text("Das Boot"), data_text(1981)
    ('', 'Das Boot', '1981')
    """
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def show(
    *nodes: Child | Sequence[Child], key: str, on_link: Callable[[str], None] | None = None
) -> None:
    """Show nodes at this point of the page.

    Parameters
    ----------
    *nodes : Node, str, None, or a sequence of these
        What to show.
    key : str
        Unique key of this element on the page.
    on_link : callable or None
        Called with the address of a clicked link, before the page runs again. None opens the
        address. Use it for links to the same page, whose widgets otherwise keep their values.
    """

    def handle_click() -> None:
        to = st.session_state[f"view-{key}"].open
        if on_link is not None and to:
            on_link(str(to))

    tree = node("div", *nodes)["c"]
    result = _component()(key=f"view-{key}", data=tree, on_open_change=handle_click)
    if result.open and on_link is None:
        go(str(result.open))


@cache
def _assets() -> tuple[str, str]:
    return (
        (_FOLDER / "html_nodes.css").read_text("utf-8"),
        (_FOLDER / "html_nodes.js").read_text("utf-8"),
    )


def _component() -> Any:
    css, js = _assets()
    return st.components.v2.component(
        "microgenres.view", html='<div class="view"></div>', css=css, js=js
    )
