"""Home: what a micro-genre is, how many there are here, and ways in."""

from __future__ import annotations

import random

import streamlit as st

from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import node, show
from serve.explorer.resources import catalogue
from serve.explorer.routing import address, go

SHOWN = 6  # micro-genres on the shelf
LARGE = 12  # films from which on a micro-genre may stand on it

films = catalogue()
facts = films.figures()
colours = cards.hues(films.families())

show(
    node(
        "header",
        node("h1", "Films, grouped by what happens in them"),
        node(
            "p",
            "A micro-genre is a small group of films whose stories resemble one another: finer "
            "than \u201cthriller\u201d, wider than a sequel. Nobody drew up the list. The groups "
            "were found in the films\u2019 descriptions, and each was named after what its films "
            "share.",
            cls="lead",
        ),
        cards.figures(
            (
                ("films", formatting.whole(facts["films"])),
                ("micro-genres", formatting.whole(facts["micro_genres"])),
                ("families", formatting.whole(facts["families"])),
                ("years", formatting.span(facts["first_year"], facts["last_year"])),
            )
        ),
        cls="masthead",
    ),
    key="masthead",
)

with (
    st.form("find", border=False, enter_to_submit=True),
    st.container(horizontal=True, vertical_alignment="bottom"),
):
    asked = st.text_input(
        "Find a film, or describe one",
        placeholder="a title, a person, or: a bank robbery goes wrong",
        max_chars=200,
        width=460,
    )
    by_words = st.form_submit_button("Find the words")
    by_meaning = st.form_submit_button("Find by meaning")
if asked.strip() and (by_words or by_meaning):
    go(address("films", {"q": asked.strip(), "by": "meaning" if by_meaning else None}))

genres = films.micro_genres()
seed = st.session_state.setdefault("shelf", 0)
enough = [genre for genre in genres if genre["films"] >= LARGE] or genres
shelf = random.Random(f"{films.id} {seed}").sample(enough, min(SHOWN, len(enough)))
show(cards.section("Some of them", "Drawn at random. Each leads to its films."), key="some")
show(cards.genre_shelf(shelf, colours), key="shelf")
if len(enough) > SHOWN and st.button("Show others", icon=":material/shuffle:"):
    st.session_state["shelf"] = seed + 1
    st.rerun()

show(
    cards.section("Families", "Micro-genres that lie near one another form a family."),
    cards.chips(
        [
            cards.chip(
                family["family_name"],
                address("films", {"family": family["family_name"]}),
                hue=colours[family["family_name"]],
                count=family["films"],
            )
            for family in sorted(films.families(), key=lambda row: -row["films"])
        ],
        "Films of",
    ),
    cards.section("Ways in"),
    node(
        "div",
        cards.way("Map", "Every film as a dot; near dots tell near stories.", "map"),
        cards.way("Films", "Search, filter, sort, and take the selection with you.", "films"),
        cards.way(
            "Micro-genres", "All of them, by family, and what each is about.", "micro-genres"
        ),
        cards.way("Overview", "How large they are, how rated, and when they peaked.", "overview"),
        cards.way("Trends", "What came, what went, and what divides audiences.", "trends"),
        cards.way("Quality", "How far these groups and names can be trusted.", "quality"),
        cls="ways",
    ),
    key="ways",
)
