"""Micro-genres: all of them, by family."""

from __future__ import annotations

import streamlit as st

from pipeline.report.charts_map import order
from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import show
from serve.explorer.resources import catalogue
from serve.explorer.routing import address

films = catalogue()
genres = films.micro_genres()
colours = cards.hues(films.families())
facts = films.figures()
show(
    cards.head(
        "Micro-genres",
        f"{formatting.whole(facts['micro_genres'])} of them in {formatting.whole(facts['families'])} "
        "families, the largest first.",
    ),
    key="head",
)
asked = st.text_input(
    "Find a micro-genre",
    key="q",
    bind="query-params",
    placeholder="a name, a keyword or a film",
    max_chars=100,
    width=460,
)
sought = asked.casefold().split()


def fits(genre: dict[str, object]) -> bool:
    """Whether every word asked for stands in its name, keywords or exemplars."""
    listed = [genre["micro_genre_name"], genre["keywords"], genre["exemplars"]]
    held = " ".join(str(part) for part in listed).casefold()
    return all(word in held for word in sought)


found = [(family, [row for row in rows if fits(dict(row))]) for family, rows in order(genres)]
found = [(family, rows) for family, rows in found if rows]
if not found:
    show(
        cards.empty(
            "No micro-genre holds these words",
            "Try fewer formatting, or look for films instead.",
            ways=[
                cards.chip("All micro-genres", "micro-genres"),
                cards.chip(f"Films: {asked}", address("films", {"q": asked})),
            ],
        ),
        key="none",
    )
    st.stop()
for place, (family, rows) in enumerate(found):
    count = sum(row["films"] for row in rows)
    show(
        cards.section(family, f"{len(rows)} micro-genres, {formatting.films(count)}"),
        cards.genre_shelf(rows, colours),
        key=f"family-{place}",
    )
