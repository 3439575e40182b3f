"""Home: what a micro-genre is, the size of the release, a search, and links to all pages."""

from __future__ import annotations

import random

import streamlit as st

from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import node, show
from serve.explorer.resources import open_catalogue
from serve.explorer.routing import address, go

SHOWN = 6  # micro-genres shown
MIN_FILMS = 12  # of a micro-genre shown

films = open_catalogue()
figures = films.figures()
colours = cards.family_colours(films.families())

show(
    node(
        "header",
        node("h1", "Films grouped by their stories"),
        node(
            "p",
            "A micro-genre is a small group of films with similar stories: narrower than "
            "\u201cthriller\u201d, wider than a film and its sequels. The groups were found "
            "automatically from the descriptions of the films. Each is named after what its films "
            "have in common.",
            cls="lead",
        ),
        cards.figures(
            (
                ("films", formatting.whole(figures["films"])),
                ("micro-genres", formatting.whole(figures["micro_genres"])),
                ("families", formatting.whole(figures["families"])),
                ("years", formatting.span(figures["first_year"], figures["last_year"])),
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
    text = st.text_input(
        "Find a film, or describe one",
        placeholder="a title, a person, or: a bank robbery goes wrong",
        max_chars=200,
        width=460,
    )
    by_words = st.form_submit_button("Search words")
    by_meaning = st.form_submit_button("Search by meaning")
if text.strip() and (by_words or by_meaning):
    go(address("films", {"q": text.strip(), "by": "meaning" if by_meaning else None}))

genres = films.micro_genres()
seed = st.session_state.setdefault("shelf", 0)
candidates = [genre for genre in genres if genre["films"] >= MIN_FILMS] or genres
sample = random.Random(f"{films.id} {seed}").sample(candidates, min(SHOWN, len(candidates)))
show(cards.section("Some micro-genres", "A random choice. Click one to see its films."), key="some")
show(cards.genre_cards(sample, colours), key="shelf")
if len(candidates) > SHOWN and st.button("Show others", icon=":material/shuffle:"):
    st.session_state["shelf"] = seed + 1
    st.rerun()

show(
    cards.section("Families", "Similar micro-genres form a family."),
    cards.chip_row(
        [
            cards.chip(
                family["family_name"],
                address("films", {"family": family["family_name"]}),
                colour=colours[family["family_name"]],
                count=family["films"],
            )
            for family in sorted(films.families(), key=lambda row: -row["films"])
        ],
        "Films of",
    ),
    cards.section("Explore"),
    node(
        "div",
        cards.page_link(
            "Map", "Every film as a dot, films with similar stories close together.", "map"
        ),
        cards.page_link("Films", "Search, filter, sort and download films.", "films"),
        cards.page_link(
            "Micro-genres", "All micro-genres by family, with their keywords.", "micro-genres"
        ),
        cards.page_link("Overview", "Size, rating and peak decade of micro-genres.", "overview"),
        cards.page_link(
            "Trends", "Growth and decline of micro-genres, and how ratings differ.", "trends"
        ),
        cards.page_link("Quality", "How reliable the micro-genres and names are.", "quality"),
        cls="page-links",
    ),
    key="ways",
)
