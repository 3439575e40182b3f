"""Films: the whole catalogue, with search by words or meaning, filters, sorting and download."""

from __future__ import annotations

from functools import partial
from typing import Literal

import streamlit as st

from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import show
from serve.explorer.filters import ORDERS, apply_address, draw_selection, filter_chips
from serve.explorer.resources import open_catalogue, open_semantic_search
from serve.explorer.routing import address

PER_PAGE = 24
MEDIA_TYPES: dict[Literal["csv", "parquet"], str] = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
NEAREST = 240  # maximum number of films of a semantic search

films = open_catalogue()
colours = cards.family_colours(films.families())
show(cards.page_header("Films"), key="head")
selection = draw_selection(films)
sort, descending = ORDERS[selection.order]

if selection.by_meaning:
    nearest = open_semantic_search(films).search(selection.text, selection.filters, NEAREST).films
    total = len(nearest)
else:
    total = films.films(selection.all_filters, limit=0).total
chips = filter_chips(selection.query, colours)

if not total:
    by_meaning = address("films", {**selection.query, "by": "meaning"})
    search_by_meaning = (
        [cards.chip("Search by meaning", by_meaning)]
        if selection.text and not selection.by_meaning
        else []
    )
    show(
        cards.empty_state(
            "No film matches",
            "Remove a filter, or use fewer words.",
            "A search by meaning also finds films that do not contain the words.",
            links=[*chips, *search_by_meaning],
        ),
        key="none",
        on_link=partial(apply_address, films),
    )
    st.stop()

count = formatting.films(total)
label = f"{count}, nearest in meaning first" if selection.by_meaning else count
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    show(
        cards.chip_row(chips, label),
        key="taken",
        on_link=partial(apply_address, films),
    )
    if not selection.by_meaning:
        for kind, media_type in MEDIA_TYPES.items():
            file_type = {"csv": "CSV", "parquet": "Parquet"}[kind]
            st.download_button(
                file_type,
                partial(films.export, selection.all_filters, sort, kind),
                file_name=f"films-{films.id}.{kind}",
                mime=media_type,
                icon=":material/download:",
                on_click="ignore",
                help=f"Download the whole selection ({count}) as {file_type}.",
                key=f"download-{kind}",
            )

grid = st.container()
page = 1
if total > PER_PAGE:
    with st.container(horizontal_alignment="center"):
        page = st.pagination(-(-total // PER_PAGE), key="page", bind="query-params")
start = (page - 1) * PER_PAGE
with grid:
    if selection.by_meaning:
        show(cards.film_grid(nearest[start : start + PER_PAGE], colours), key="grid")
    else:
        found = films.films(selection.all_filters, sort, descending, start, PER_PAGE)
        show(cards.film_grid(found.rows, colours), key="grid")
