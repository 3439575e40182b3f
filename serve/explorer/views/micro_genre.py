"""A micro-genre: its keywords and figures, its siblings, and its films."""

from __future__ import annotations

import streamlit as st

from pipeline.release.lookup import NotInReleaseError
from serve.catalogue.catalogue import Filters
from serve.explorer import formatting
from serve.explorer.components import cards, charts
from serve.explorer.components.html_nodes import data_text, node, show
from serve.explorer.resources import open_catalogue
from serve.explorer.routing import address

PER_PAGE = 18
films = open_catalogue()
colours = cards.family_colours(films.families())
micro_genre_id = st.query_params.get("id", "")
try:
    genre = films.micro_genre(micro_genre_id)
except NotInReleaseError:
    show(
        cards.empty_state(
            "No such micro-genre in this release",
            f"There is no micro-genre with the id \u201c{data_text(micro_genre_id)}\u201d."
            if micro_genre_id
            else "The address names no micro-genre.",
            links=[cards.chip("All micro-genres", address("micro-genres"))],
        ),
        key="no-genre",
    )
    st.stop()

cluster = genre["cluster"]
colour = colours.get(genre["family_name"], "")
name = data_text(genre["micro_genre_name"])
st.set_page_config(page_title=name)
name_truth = formatting.finite(genre["name_truth"])
alternatives = "; ".join(genre["alternatives"])
high_rated_share = formatting.finite(genre["high_rated_share"])
show(
    node(
        "header",
        node(
            "p",
            "Micro-genre of the family ",
            node(
                "a",
                data_text(genre["family_name"]),
                href=address("films", {"family": genre["family_name"]}),
            ),
            cls="overline",
        ),
        node("h1", name, dir="auto"),
        node("p", data_text(genre["description"]), cls="lead", dir="auto")
        if genre["description"]
        else None,
        node(
            "p",
            data_text(formatting.listed(genre["keywords"], 12)),
            cls="note" if genre["description"] else "lead",
            dir="auto",
        ),
        node("p", f"Other names: {data_text(alternatives)}", cls="note", dir="auto")
        if alternatives
        else None,
        cls="head",
    ),
    cards.figures(
        (
            ("films", formatting.whole(genre["films"])),
            ("name true of", formatting.share(name_truth) if name_truth is not None else ""),
            ("years", formatting.span(genre["first_year"], genre["last_year"])),
            (
                "mean rating",
                formatting.rating(genre["vote_average"])
                if formatting.finite(genre["vote_average"]) is not None
                else "",
            ),
            (
                "rated 7 or more",
                formatting.share(high_rated_share) if high_rated_share is not None else "",
            ),
            ("peak decade", f"{genre['peak_decade']}s" if genre["peak_decade"] is not None else ""),
            ("weak films", formatting.whole(genre["weak_films"])),
        )
    ),
    node("p", formatting.name_truth(genre), cls="note") if name_truth is not None else None,
    key="head",
)

own = Filters(micro_genres=(cluster,))
by_id = {row["movie_id"]: row for row in films.films(own, "similarity", True, 0, 60).rows}
exemplars = [by_id[movie_id] for movie_id in genre["exemplar_ids"] or [] if movie_id in by_id]
if exemplars:
    show(
        cards.section("Most typical films", "The films nearest to the centroid."),
        cards.film_grid(exemplars[:6], colours, small=True),
        key="typical",
    )

left, right = st.columns(2, gap="large")
with left:
    show(cards.section("Films by year"), key="when")
    years = [(row["year"], row["films"]) for row in films.trends.films_by("year", cluster)]
    if years:
        charts.draw(
            charts.year_bars(years),
            key="years",
            height=260,
            alt=f"Films of {name} by year: {formatting.span(years[0][0], years[-1][0])}.",
        )
    else:
        show(node("p", "The year of none of its films is known.", cls="note"), key="no-years")
with right:
    show(cards.section("Ratings", "Each dot is a film."), key="rated")
    rated = films.trends.year_and_rating(cluster)
    if rated.num_rows:
        charts.draw(
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
            "The other micro-genres of its family, nearest first. The similarity is the cosine of "
            "the centroids.",
        ),
        cards.table(
            f"Siblings of {name}",
            ("Micro-genre", "", "similarity", "films"),
            [
                (
                    cards.genre_cell(row, colours),
                    cards.bar_cell(max(0.0, row["closeness"]), colour),
                    f"{row['closeness']:.2f}",
                    formatting.whole(row["films"]),
                )
                for row in siblings[:10]
            ],
        ),
        key="siblings",
    )

show(
    cards.section("All films", "Most typical first."),
    cards.chip_row(
        [
            cards.chip(
                "Filter, sort and download",
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
    found = films.films(own, "similarity", True, (page - 1) * PER_PAGE, PER_PAGE)
    show(cards.film_grid(found.rows, colours), key="films")
