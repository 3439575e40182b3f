"""The search and the filters of the films page. The address has the value of each widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from serve.catalogue.catalogue import Catalogue, Filters, Sort
from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import Node
from serve.explorer.routing import Query, address

__all__ = ["ORDERS", "Selection", "apply_address", "draw_selection", "filter_chips"]

WORDS, MEANING = "words", "meaning"
ORDERS: dict[str, tuple[Sort, bool | None]] = {
    "best match": ("relevance", None),
    "most popular": ("popularity", True),
    "best rated": ("rating", True),
    "lowest rated": ("rating", False),
    "newest": ("year", True),
    "oldest": ("year", False),
    "title": ("title", None),
    "most typical": ("similarity", True),
    "least typical": ("similarity", False),
}
_DEFAULT_ORDER = next(iter(ORDERS))
_RATINGS = (0.0, 10.0)


@dataclass(frozen=True)
class Selection:
    """What a visitor searches for.

    Attributes
    ----------
    text : str
        The text of the search field.
    by_meaning : bool
        True for a semantic search, False for a search of words.
    filters : Filters
        The filters, without the text.
    order : str
        A key of `ORDERS`.
    query : mapping of str to sequence of str
        All of this as query parameters of the page.
    """

    text: str
    by_meaning: bool
    filters: Filters
    order: str
    query: Mapping[str, Sequence[str]]

    @property
    def all_filters(self) -> Filters:
        """The filters with the words of the search field."""
        return replace(self.filters, words=self.text or None)


def draw_selection(films: Catalogue) -> Selection:
    """Show the search field and, in the sidebar, the filters; return what the visitor chose."""
    left, middle, right = st.columns([5, 2.2, 2], vertical_alignment="bottom")
    text = left.text_input(
        "Search",
        key="q",
        bind="query-params",
        placeholder="a title, a person, a word; or describe a story",
        max_chars=200,
        on_change=_reset_page,
    )
    by = middle.segmented_control(
        "Search by",
        (WORDS, MEANING),
        default=WORDS,
        required=True,
        key="by",
        bind="query-params",
        on_change=_reset_page,
    )
    by_meaning = by == MEANING and bool(text.strip())
    order = right.selectbox(
        "Order",
        list(ORDERS),
        key="sort",
        bind="query-params",
        disabled=by_meaning,
        on_change=_reset_page,
    )
    with st.sidebar:
        filters, filter_query = _draw_filters(films)
    query = {
        "q": [text] if text else [],
        "by": [by] if by == MEANING else [],
        "sort": [order] if order != _DEFAULT_ORDER else [],
    } | filter_query
    return Selection(text.strip(), by_meaning, filters, order, query)


def apply_address(films: Catalogue, to: str) -> None:
    """Set the widgets of the films page to an address; call it before the page runs."""
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(to.partition("?")[2]):
        query.setdefault(name, []).append(value)
    figures = films.figures()
    state = st.session_state
    for key in ("family", "genre", "micro", "language"):
        state[key] = query.get(key, [])
    sliders: dict[str, tuple[Any, Any]] = {
        "year": (figures["first_year"], figures["last_year"]),
        "rating": _RATINGS,
    }
    for key, bounds in sliders.items():
        if None not in bounds:
            number = type(bounds[0])
            state[key] = tuple(number(value) for value in query[key]) if key in query else bounds
    state["q"] = query.get("q", [""])[0]
    state["by"] = query.get("by", [WORDS])[0]
    state["sort"] = query.get("sort", [_DEFAULT_ORDER])[0]
    state["page"] = 1


def _reset_page() -> None:
    st.session_state["page"] = 1


def _draw_filters(films: Catalogue) -> tuple[Filters, dict[str, list[str]]]:
    st.subheader("Filters", anchor=False)
    facets = films.facets()
    families = _multiselect("Family", "family", [row["name"] for row in facets["families"]])
    genres = _multiselect("Genre", "genre", [row["value"] for row in facets["genres"]])
    by_name = {row["micro_genre_name"]: row["cluster"] for row in films.micro_genres()}
    micro = _multiselect("Micro-genre", "micro", sorted(by_name))
    codes = {formatting.language(row["value"]): row["value"] for row in facets["languages"]}
    languages = _multiselect("Language", "language", list(codes))
    query = {"family": families, "genre": genres, "micro": micro, "language": languages}
    figures = films.figures()
    bounds = (figures["first_year"], figures["last_year"])
    years = _range("Years", "year", bounds, 1) if None not in bounds else None
    ratings = _range("Rating", "rating", _RATINGS, 0.5) if figures["rated_films"] else None
    query |= {
        name: [f"{value:g}" for value in pair]
        for name, pair in (("year", years), ("rating", ratings))
        if pair
    }
    return (
        Filters(
            families=tuple(families),
            genres=tuple(genres),
            micro_genres=tuple(by_name[name] for name in micro),
            languages=tuple(codes[name] for name in languages),
            year_from=years[0] if years else None,
            year_to=years[1] if years else None,
            rating_from=ratings[0] if ratings else None,
            rating_to=ratings[1] if ratings else None,
        ),
        query,
    )


def _multiselect(label: str, key: str, options: list[str]) -> list[str]:
    if not options:
        return []
    chosen = st.multiselect(
        label, options, key=key, bind="query-params", placeholder="any", on_change=_reset_page
    )
    return list(chosen)


def _range(label: str, key: str, bounds: tuple[Any, Any], step: Any) -> tuple[Any, Any] | None:
    """Show a slider; return None for the full range, which includes films without a value."""
    if bounds[0] == bounds[1]:
        return None
    chosen = st.slider(
        label,
        *bounds,
        value=bounds,
        step=step,
        key=key,
        bind="query-params",
        on_change=_reset_page,
    )
    return None if tuple(chosen) == bounds else (chosen[0], chosen[1])


def filter_chips(query: Query, colours: cards.Colours) -> list[Node]:
    """Return a chip for each active filter, whose click removes it, and one to remove all."""
    chips = []
    for name, values in query.items():
        if name in ("sort", "by") or not values:
            continue
        single = name in ("q", "year", "rating")  # one chip for all values
        for value in [" \u2013 ".join(values)] if single else values:
            rest = dict(query) | {name: [] if single else [v for v in values if v != value]}
            if name == "q":
                rest["by"] = []
            label = {"q": f"\u201c{value}\u201d", "rating": f"rated {value}"}.get(name, value)
            colour = colours.get(value) if name == "family" else None
            chips.append(cards.chip(label, address("films", rest), colour=colour, remove=True))
    if len(chips) > 1:
        chips.append(cards.chip("Clear all", address("films")))
    return chips
