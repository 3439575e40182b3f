"""A micro-genre: what it is about, how it lies among its siblings, and its films."""

from __future__ import annotations

import streamlit as st

from pipeline.release.lookup import NotInReleaseError
from serve.catalogue.catalogue import Filters
from serve.explorer import formatting
from serve.explorer.components import cards, charts
from serve.explorer.components import charts as drawing
from serve.explorer.components.html_nodes import data_text, node, show
from serve.explorer.resources import catalogue
from serve.explorer.routing import address

PER_PAGE = 18
films = catalogue()
colours = cards.hues(films.families())
wanted = st.query_params.get("id", "")
try:
    genre = films.micro_genre(wanted)
except NotInReleaseError:
    show(
        cards.empty(
            "No such micro-genre in this release",
            f"There is none with the id \u201c{data_text(wanted)}\u201d."
            if wanted
            else "The address names no micro-genre.",
            ways=[cards.chip("All micro-genres", address("micro-genres"))],
        ),
        key="no-genre",
    )
    st.stop()

cluster = genre["cluster"]
hue = colours.get(genre["family_name"], "")
name = data_text(genre["micro_genre_name"])
st.set_page_config(page_title=name)
share = formatting.finite(genre["high_rated_share"])
show(
    node(
        "header",
        node(
            "p",
            "A micro-genre of the family ",
            node(
                "a",
                data_text(genre["family_name"]),
                href=address("films", {"family": genre["family_name"]}),
            ),
            cls="overline",
        ),
        node("h1", name, dir="auto"),
        node("p", data_text(formatting.listed(genre["keywords"], 12)), cls="lead", dir="auto"),
        cls="head",
    ),
    cards.figures(
        (
            ("films", formatting.whole(genre["films"])),
            ("years", formatting.span(genre["first_year"], genre["last_year"])),
            (
                "mean rating",
                formatting.rating(genre["vote_average"])
                if formatting.finite(genre["vote_average"]) is not None
                else "",
            ),
            ("rated 7 or more", formatting.share(share) if share is not None else ""),
            ("peak decade", f"{genre['peak_decade']}s" if genre["peak_decade"] is not None else ""),
            ("weak fits", formatting.whole(genre["weak_films"])),
        )
    ),
    key="head",
)

by_id = {
    row["movie_id"]: row
    for row in films.films(Filters(micro_genres=(cluster,)), "similarity", True, 0, 60).rows
}
typical = [by_id[movie_id] for movie_id in genre["exemplar_ids"] or [] if movie_id in by_id]
if typical:
    show(
        cards.section("Most typical", "The films nearest to the centre of the group."),
        cards.film_grid(typical[:6], colours, few=True),
        key="typical",
    )

left, right = st.columns(2, gap="large")
with left:
    show(cards.section("When", "Films by year."), key="when")
    years = [(row["year"], row["films"]) for row in films.trends.films_by("year", cluster)]
    if years:
        drawing.draw(
            charts.year_bars(years),
            key="years",
            height=260,
            alt=f"Films of {name} by year: {formatting.span(years[0][0], years[-1][0])}.",
        )
    else:
        show(node("p", "None of its films has a year.", cls="note"), key="no-years")
with right:
    show(cards.section("How rated", "Each dot is a film."), key="rated")
    rated = films.trends.year_and_rating(cluster)
    if rated.num_rows:
        drawing.draw(
            charts.rating_scatter(rated.to_pydict()),
            key="ratings",
            height=260,
            alt=f"{rated.num_rows} films of {name} by year and rating, 0 to 10.",
        )
    else:
        show(node("p", "None of its films has a rating.", cls="note"), key="no-ratings")

siblings = films.siblings(cluster)
if siblings:
    show(
        cards.section(
            "Siblings",
            "The other micro-genres of its family, nearest first: how alike the centres are.",
        ),
        cards.table(
            f"Siblings of {name}",
            ("Micro-genre", "", "likeness", "films"),
            [
                (
                    cards.genre_cell(row, colours),
                    cards.bar_cell(max(0.0, row["closeness"]), hue),
                    f"{row['closeness']:.2f}",
                    formatting.whole(row["films"]),
                )
                for row in siblings[:10]
            ],
        ),
        key="siblings",
    )

show(
    cards.section("Its films", "The most typical first."),
    cards.chips(
        [
            cards.chip(
                "Filter, sort and download them",
                address("films", {"micro": genre["micro_genre_name"]}),
            )
        ],
        formatting.films(genre["films"]),
    ),
    key="films-head",
)
grid = st.container()
page = 1
if genre["films"] > PER_PAGE:
    with st.container(horizontal_alignment="center"):
        page = st.pagination(-(-genre["films"] // PER_PAGE), key="page", bind="query-params")
with grid:
    found = films.films(
        Filters(micro_genres=(cluster,)), "similarity", True, (page - 1) * PER_PAGE, PER_PAGE
    )
    show(cards.film_grid(found.rows, colours), key="films")
