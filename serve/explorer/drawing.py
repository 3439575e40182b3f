"""How a chart comes onto a page: the reader's theme, quiet axes, words for who cannot see it."""

from __future__ import annotations

from typing import Any

import streamlit as st

__all__ = ["Figure", "axis", "draw", "layout", "theme_hues", "theme_paper"]

Figure = dict[str, Any]

_CONFIG = {"displayModeBar": False, "responsive": True, "doubleClick": "reset"}


def draw(figure: Figure, *, alt: str, key: str, height: int, **more: Any) -> Any:
    """Show a figure; `alt` says in words what it shows. Returns what was selected in it."""
    from plotly.graph_objects import Figure as PlotlyFigure

    if hues := theme_hues():
        figure["layout"] |= {"colorway": hues}
    return st.plotly_chart(
        PlotlyFigure(figure),  # carries the template through which the theme reaches the chart
        key=key,
        height=height,
        theme="streamlit",
        config=_CONFIG | more.pop("config", {}),
        alt=alt,
        **more,
    )


def theme_hues() -> list[str]:
    """The families' colours in the reader's theme; none where no theme was configured."""
    theme = st.context.theme.type or "light"
    return list(st.get_option(f"theme.{theme}.chartCategoricalColors") or [])


def theme_paper() -> str | None:
    """The colour of the page in the reader's theme."""
    found = st.get_option(f"theme.{st.context.theme.type or 'light'}.backgroundColor")
    return str(found) if found else None


def axis(title: str | None = None, **more: Any) -> Figure:
    """A quiet axis that is not zoomed by accident."""
    shared: Figure = {"automargin": True, "fixedrange": True, "zeroline": False}
    if title:
        shared["title"] = {"text": title, "standoff": 8}
    return shared | more


def layout(**more: Any) -> Figure:
    """What all charts share: narrow margins, nothing that hides the page, no legend."""
    shared: Figure = {
        "margin": {"l": 4, "r": 4, "t": 8, "b": 4},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {"align": "left"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    return shared | more
