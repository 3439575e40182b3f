"""A film: its facts, its micro-genre with similarity and margin, and its nearest films."""

from __future__ import annotations

import streamlit as st

from pipeline.release.lookup import NotInReleaseError
from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import Node, data_text, node, show
from serve.explorer.resources import open_catalogue
from serve.explorer.routing import address, genre_address

NEAREST = 12

films = open_catalogue()
colours = cards.family_colours(films.families())
movie_id = st.query_params.get("id", "")
try:
    film = films.film(movie_id)
except NotInReleaseError:
    show(
        cards.empty_state(
            "No such film in this release",
            f"There is no film with the id \u201c{data_text(movie_id)}\u201d."
            if movie_id
            else "The address names no film.",
            links=[cards.chip("All films", address("films")), cards.chip("Home", address("home"))],
        ),
        key="no-film",
    )
    st.stop()

genre = films.micro_genre(film["cluster"])
colour = colours.get(film["family_name"], "")
title = data_text(film["title"]) or "Untitled"
st.set_page_config(page_title=formatting.film_title(film))


def join_names(names: list[str] | None) -> str:
    """Return the first names, separated by commas."""
    return data_text(formatting.listed(names, 10))


def format_runtime() -> str:
    """Return the running time in minutes; empty if unknown."""
    minutes = formatting.finite(film["runtime_minutes"])
    return f"{minutes:.0f} min" if minutes else ""


def format_rating() -> str:
    """Return the mean rating and the number of votes; empty if there is no rating."""
    if formatting.finite(film["vote_average"]) is None:
        return ""
    votes = film["vote_count"]
    return formatting.rating(film["vote_average"]) + (
        f" of 10, {formatting.whole(votes)} votes" if votes else " of 10"
    )


facts = [
    ("Directors", join_names(film["directors"])),
    ("Cast", join_names(film["cast"])),
    ("Released", film["release_date"] or str(film["year"] or "")),
    ("Running time", format_runtime()),
    ("Language", formatting.language(film["language"])),
    ("Countries", join_names(film["countries"])),
    ("Rating", format_rating()),
    ("Keywords", data_text(formatting.listed(film["keywords"], 12))),
]
name_remark = {
    True: " Each part of its name is true of this film by the film's metadata.",
    False: " Some part of its name is not in the film's metadata.",
    None: "",
}[film["name_true"]]
remark = (
    "It fits no micro-genre well."
    if film["weak"] and (film["margin"] or 0) < 0
    else "It fits no micro-genre well; this is the nearest one."
    if film["weak"]
    else "It is one of the most typical films of this micro-genre."
    if film["movie_id"] in (genre["exemplar_ids"] or [])
    else ""
)
margin: list[Node | str] = []
runner_up = None if film["runner_up"] is None else films.micro_genre(film["runner_up"])
if runner_up:
    margin = [
        f", {formatting.compared(film['margin'] or 0.0)} to the runner-up, ",
        node(
            "a",
            data_text(film["runner_up_name"]),
            href=genre_address(runner_up["micro_genre_id"]),
        ),
    ]
show(
    node(
        "article",
        cards.cover(film, colour),
        node(
            "div",
            node(
                "p",
                " \u00b7 ".join(filter(None, (str(film["year"] or ""), format_runtime()))),
                cls="overline",
            ),
            node("h1", title, dir="auto"),
            node("p", data_text(film["tagline"]), cls="tagline", dir="auto")
            if film["tagline"]
            else None,
            node("p", data_text(film["overview"]), cls="prose", dir="auto"),
            node(
                "div",
                node(
                    "p",
                    "Micro-genre: ",
                    node(
                        "a",
                        data_text(genre["micro_genre_name"]),
                        href=genre_address(genre["micro_genre_id"]),
                    ),
                ),
                node(
                    "p",
                    f"Its similarity to the centroid of this micro-genre is "
                    f"{film['similarity']:.2f}",
                    *margin,
                    f". {remark}{name_remark}",
                ),
                node("p", data_text(genre["description"]), dir="auto")
                if genre["description"]
                else None,
                cls=f"why {colour}",
            ),
            cards.chip_row(
                [
                    *(
                        cards.chip(name, address("films", {"genre": name}))
                        for name in film["genres"] or []
                    ),
                    cards.chip(
                        film["family_name"],
                        address("films", {"family": film["family_name"]}),
                        colour=colour,
                    ),
                    cards.chip(
                        film["micro_genre_name"],
                        address("films", {"micro": film["micro_genre_name"]}),
                    ),
                ],
                "More films of",
            ),
            node(
                "dl",
                [
                    part
                    for label, value in facts
                    if value
                    for part in (node("dt", label), node("dd", value, dir="auto"))
                ],
                cls="facts",
            ),
        ),
        cls="film-page",
    ),
    key="film",
)

nearest = films.similar(film["movie_id"], NEAREST)
if nearest:
    show(
        cards.section("Nearest films", "The most similar descriptions, from all micro-genres."),
        cards.film_grid(nearest, colours, small=True, show_similarity=True),
        key="nearest",
    )
