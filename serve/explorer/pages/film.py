"""A film: what it is about, where it lies and why, and the films nearest to it."""

from __future__ import annotations

import streamlit as st

from pipeline.release.lookup import NotInReleaseError
from serve.explorer import formatting
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import Node, data_text, node, show
from serve.explorer.resources import catalogue
from serve.explorer.routing import address, genre_address

NEAREST = 12

films = catalogue()
colours = cards.hues(films.families())
wanted = st.query_params.get("id", "")
try:
    film = films.film(wanted)
except NotInReleaseError:
    show(
        cards.empty(
            "No such film in this release",
            f"There is no film with the id \u201c{data_text(wanted)}\u201d."
            if wanted
            else "The address names no film.",
            ways=[cards.chip("All films", address("films")), cards.chip("Home", address("home"))],
        ),
        key="no-film",
    )
    st.stop()

genre = films.micro_genre(film["cluster"])
hue = colours.get(film["family_name"], "")
title = data_text(film["title"]) or "Untitled"
st.set_page_config(page_title=formatting.link_text(film))


def people(names: list[str] | None) -> str:
    """Names in a line; nothing for none."""
    return data_text(formatting.listed(names, 10))


def minutes() -> str:
    """The running time."""
    length = formatting.finite(film["runtime_minutes"])
    return f"{length:.0f} min" if length else ""


def rated() -> str:
    """The mean rating with its votes."""
    if formatting.finite(film["vote_average"]) is None:
        return ""
    votes = film["vote_count"]
    return formatting.rating(film["vote_average"]) + (
        f" of 10, {formatting.whole(votes)} votes" if votes else " of 10"
    )


facts = [
    ("Directed by", people(film["directors"])),
    ("With", people(film["cast"])),
    ("Released", film["release_date"] or str(film["year"] or "")),
    ("Length", minutes()),
    ("Language", formatting.language(film["language"])),
    ("Countries", people(film["countries"])),
    ("Rating", rated()),
    ("Keywords", data_text(formatting.listed(film["keywords"], 12))),
]
clearly = (
    "It fits no micro-genre well; this is the nearest one."
    if film["weak"]
    else "It is one of the most typical films here."
    if film["movie_id"] in (genre["exemplar_ids"] or [])
    else None
)
beyond: list[Node | str] = []
runner = None if film["runner_up"] is None else films.micro_genre(film["runner_up"])
if runner:
    beyond = [
        f", {film['margin']:.2f} more than to the runner-up, ",
        node(
            "a",
            data_text(film["runner_up_name"]),
            href=genre_address(runner["micro_genre_id"]),
        ),
    ]
show(
    node(
        "article",
        cards.cover(film, hue),
        node(
            "div",
            node(
                "p",
                " \u00b7 ".join(filter(None, (str(film["year"] or ""), minutes()))),
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
                    f"Its similarity to the centre of this group is {film['similarity']:.2f}",
                    *beyond,
                    ". " + (clearly or ""),
                ),
                cls=f"why {hue}",
            ),
            cards.chips(
                [
                    *(
                        cards.chip(name, address("films", {"genre": name}))
                        for name in film["genres"] or []
                    ),
                    cards.chip(
                        film["family_name"],
                        address("films", {"family": film["family_name"]}),
                        hue=hue,
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
                    for name, value in facts
                    if value
                    for part in (node("dt", name), node("dd", value, dir="auto"))
                ],
                cls="facts",
            ),
        ),
        cls="film-page",
    ),
    key="film",
)

near = films.similar(film["movie_id"], NEAREST)
if near:
    show(
        cards.section("Nearest films", "By what their descriptions say, whatever their group."),
        cards.film_grid([row | {"alike": True} for row in near], colours, few=True),
        key="nearest",
    )
