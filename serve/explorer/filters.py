"""The selection of the films page: its widgets, each bound to the address, as `Filters`."""

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

__all__ = ["MEANING", "ORDERS", "Selection", "ask", "choose", "taken"]

WORDS, MEANING = "words", "meaning"
ORDERS: dict[str, tuple[Sort, bool | None]] = {
    "most fitting": ("relevance", None),
    "most popular": ("popularity", True),
    "best rated": ("rating", True),
    "lowest rated": ("rating", False),
    "newest": ("year", True),
    "oldest": ("year", False),
    "title": ("title", None),
    "most typical": ("similarity", True),
    "least typical": ("similarity", False),
}
_RATINGS = (0.0, 10.0)


@dataclass(frozen=True)
class Selection:
    """What the reader asked for.

    Attributes
    ----------
    text : the formatting, or what is described. meaning : whether it is a description.
    filters : all but the text. order : a key of `ORDERS`. query : the same as an address writes it.
    """

    text: str
    meaning: bool
    filters: Filters
    order: str
    query: Mapping[str, Sequence[str]]

    @property
    def all_filters(self) -> Filters:
        """The filters with the words among them."""
        return replace(self.filters, words=self.text or None)


def choose(films: Catalogue) -> Selection:
    """Draw the search row and, in the sidebar, the filters; every value stands in the address."""
    box, how, order = st.columns([5, 2.2, 2], vertical_alignment="bottom")
    text = box.text_input(
        "Search",
        key="q",
        bind="query-params",
        placeholder="a title, a person, a word; or describe a story",
        max_chars=200,
        on_change=_from_the_start,
    )
    by = how.segmented_control(
        "Search by",
        (WORDS, MEANING),
        default=WORDS,
        required=True,
        key="by",
        bind="query-params",
        on_change=_from_the_start,
    )
    meaning = by == MEANING and bool(text.strip())
    sort = order.selectbox(
        "Order",
        list(ORDERS),
        key="sort",
        bind="query-params",
        disabled=meaning,
        on_change=_from_the_start,
    )
    with st.sidebar:
        filters, query = _filters(films)
    said = {"q": [text] if text else [], "by": [by] if by == MEANING else []}
    sorted_by = {"sort": [sort] if sort != next(iter(ORDERS)) else []}
    return Selection(text.strip(), meaning, filters, sort, said | sorted_by | query)


def ask(films: Catalogue, to: str) -> None:
    """Set the widgets of the films page to what an address of it asks; call it before they run."""
    asked: dict[str, list[str]] = {}
    for name, value in parse_qsl(to.partition("?")[2]):
        asked.setdefault(name, []).append(value)
    facts = films.figures()
    state = st.session_state
    for key in ("family", "genre", "micro", "language"):
        state[key] = asked.get(key, [])
    for key, bounds in (("year", (facts["first_year"], facts["last_year"])), ("rating", _RATINGS)):
        if None not in bounds:
            kind = type(bounds[0])
            state[key] = tuple(kind(value) for value in asked[key]) if key in asked else bounds
    state["q"] = asked.get("q", [""])[0]
    state["by"] = asked.get("by", [WORDS])[0]
    state["sort"] = asked.get("sort", [next(iter(ORDERS))])[0]
    state["page"] = 1


def _from_the_start() -> None:
    st.session_state["page"] = 1


def _filters(films: Catalogue) -> tuple[Filters, dict[str, list[str]]]:
    st.subheader("Filters", anchor=False)
    facets = films.facets()
    families = _many("Family", "family", [row["name"] for row in facets["families"]])
    genres = _many("Genre", "genre", [row["value"] for row in facets["genres"]])
    by_name = {row["micro_genre_name"]: row["cluster"] for row in films.micro_genres()}
    micro = _many("Micro-genre", "micro", sorted(by_name))
    codes = {formatting.language(row["value"]): row["value"] for row in facets["languages"]}
    languages = _many("Language", "language", list(codes))
    query = {"family": families, "genre": genres, "micro": micro, "language": languages}
    facts = films.figures()
    bounds = (facts["first_year"], facts["last_year"])
    years = _between("Years", "year", bounds, 1) if None not in bounds else None
    rated = _between("Rating", "rating", _RATINGS, 0.5) if facts["rated_films"] else None
    query |= {
        name: [f"{value:g}" for value in pair]
        for name, pair in (("year", years), ("rating", rated))
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
            rating_from=rated[0] if rated else None,
            rating_to=rated[1] if rated else None,
        ),
        query,
    )


def _many(label: str, key: str, options: list[str]) -> list[str]:
    if not options:
        return []
    chosen = st.multiselect(
        label, options, key=key, bind="query-params", placeholder="any", on_change=_from_the_start
    )
    return list(chosen)


def _between(label: str, key: str, bounds: tuple[Any, Any], step: Any) -> tuple[Any, Any] | None:
    """Two bounds, None while they leave nothing out (so that films without the figure stay in)."""
    if bounds[0] == bounds[1]:
        return None
    chosen = st.slider(
        label,
        *bounds,
        value=bounds,
        step=step,
        key=key,
        bind="query-params",
        on_change=_from_the_start,
    )
    return None if tuple(chosen) == bounds else (chosen[0], chosen[1])


def taken(query: Query, hues: cards.Hues) -> list[Node]:
    """A chip for every filter in force, which takes it away; more than one, one for all."""
    found = []
    for name, values in query.items():
        if name in ("sort", "by") or not values:
            continue
        whole = name in ("q", "year", "rating")
        for value in [" \u2013 ".join(values)] if whole else values:
            rest = dict(query) | {name: [] if whole else [v for v in values if v != value]}
            if name == "q":
                rest["by"] = []
            told = {"q": f"\u201c{value}\u201d", "rating": f"rated {value}"}.get(name, value)
            hue = hues.get(value) if name == "family" else None
            found.append(cards.chip(told, address("films", rest), hue=hue, remove=True))
    if len(found) > 1:
        found.append(cards.chip("Clear all", address("films")))
    return found
