"""Films: the whole catalogue, searched by words or by meaning, filtered, sorted, taken along."""

from __future__ import annotations

from functools import partial
from typing import Literal

import streamlit as st

from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import show
from serve.explorer.filters import ORDERS, ask, choose, taken
from serve.explorer.resources import catalogue, meaning
from serve.explorer.routing import address

PER_PAGE = 24
KINDS: dict[Literal["csv", "parquet"], str] = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
NEAREST = 240  # films that a search by meaning brings

films = catalogue()
colours = cards.hues(films.families())
show(cards.head("Films"), key="head")
asked = choose(films)
sort, descending = ORDERS[asked.order]

if asked.meaning:
    nearest = meaning(films).search(asked.text, asked.filters, NEAREST)
    total = len(nearest)
else:
    total = films.films(asked.all_filters, limit=0).total
removable = taken(asked.query, colours)
told = (
    f"{formatting.films(total)}, nearest in meaning first"
    if asked.meaning
    else formatting.films(total)
)

by_meaning = address("films", {**asked.query, "by": "meaning"})
other_way = (
    [cards.chip("Search by meaning", by_meaning)] if asked.text and not asked.meaning else []
)
if not total:
    show(
        cards.empty(
            "No film fits",
            "Take away a filter, or write fewer formatting.",
            "A search by meaning finds films that do not hold the formatting.",
            ways=[
                *removable,
                *other_way,
            ],
        ),
        key="none",
        within=partial(ask, films),
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    show(cards.chips(removable, told), key="taken", within=partial(ask, films))
    if not asked.meaning:
        for kind, mime in KINDS.items():
            st.download_button(
                "CSV" if kind == "csv" else "Parquet",
                partial(films.export, asked.all_filters, sort, kind),
                file_name=f"films-{films.id}.{kind}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                help=f"The whole selection, {formatting.films(total)}, as {kind}.",
                key=f"download-{kind}",
            )

grid = st.container()
page = 1
if total > PER_PAGE:
    with st.container(horizontal_alignment="center"):
        page = st.pagination(-(-total // PER_PAGE), key="page", bind="query-params")
start = (page - 1) * PER_PAGE
rows = (
    nearest[start : start + PER_PAGE]
    if asked.meaning
    else films.films(asked.all_filters, sort, descending, start, PER_PAGE).rows
)
with grid:
    show(cards.film_grid(rows, colours), key="grid")
