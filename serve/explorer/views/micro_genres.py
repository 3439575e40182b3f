"""Micro-genres: all of them, by family, with a search."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pipeline.report.charts_map import order
from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import show
from serve.explorer.resources import open_catalogue
from serve.explorer.routing import address

films = open_catalogue()
genres = films.micro_genres()
colours = cards.family_colours(films.families())
figures = films.figures()
n_genres, n_families = figures["micro_genres"], figures["families"]
show(
    cards.page_header(
        "Micro-genres",
        f"{formatting.whole(n_genres)} micro-genres in {formatting.whole(n_families)} families, "
        "largest first.",
    ),
    key="head",
)
query = st.text_input(
    "Find a micro-genre",
    key="q",
    bind="query-params",
    placeholder="a name, a keyword or a film",
    max_chars=100,
    width=460,
)
words = query.casefold().split()


def matches(genre: Mapping[str, object]) -> bool:
    """Return whether its names, description, keywords or exemplars contain each word."""
    names = ("micro_genre_name", "alternatives", "description", "keywords", "exemplars")
    searched = [genre[name] or "" for name in names]
    text = " ".join(str(part) for part in searched).casefold()
    return all(word in text for word in words)


found = [(family, [row for row in rows if matches(row)]) for family, rows in order(genres)]
found = [(family, rows) for family, rows in found if rows]
if not found:
    show(
        cards.empty_state(
            "No micro-genre contains these words",
            "Use fewer words, or search films instead.",
            links=[
                cards.chip("All micro-genres", "micro-genres"),
                cards.chip(f"Films: {query}", address("films", {"q": query})),
            ],
        ),
        key="none",
    )
    st.stop()
for number, (family, rows) in enumerate(found):
    count = sum(row["films"] for row in rows)
    show(
        cards.section(family, f"{len(rows)} micro-genres, {formatting.films(count)}"),
        cards.genre_cards(rows, colours),
        key=f"family-{number}",
    )
