"""Overview: the whole release on one page."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any

import streamlit as st

from pipeline.report.formatting import Writer
from serve.catalogue.catalogue import Filters
from serve.catalogue.micro_genres import HIGH_RATING
from serve.explorer import formatting
from serve.explorer.components import cards, charts
from serve.explorer.components.html_nodes import Node, show
from serve.explorer.resources import open_catalogue

LISTED = 8  # rows of a ranking
MIN_RATED = 5  # rated films of a micro-genre whose ratings are ranked

films = open_catalogue()
figures = films.figures()
rated_films = {row["cluster"]: row["films"] for row in films.trends.rating_spread(2)}
genres: list[dict[str, Any]] = [
    {**row, "rated_films": rated_films.get(row["cluster"], 0)} for row in films.micro_genres()
]
by_year: Counter[int] = Counter()
for row in films.trends.films_by("year"):
    by_year[row["year"]] += row["films"]
by_decade: Counter[int] = Counter()
for year, count in by_year.items():
    by_decade[year // 10 * 10] += count
sizes = [genre["films"] for genre in genres] or [0]
high_rated = films.films(Filters(rating_from=HIGH_RATING), limit=0).total
colours = cards.family_colours(films.families())

show(
    cards.page_header("Overview", "Films, families and micro-genres in figures."),
    cards.figures(
        (
            ("films", formatting.whole(figures["films"])),
            ("micro-genres", formatting.whole(figures["micro_genres"])),
            ("families", formatting.whole(figures["families"])),
            ("median films per micro-genre", formatting.whole(median(sizes))),
            (
                "mean rating",
                formatting.rating(figures["vote_average"]) if figures["rated_films"] else "",
            ),
            (
                "rated 7 or more",
                formatting.share(high_rated / figures["rated_films"])
                if figures["rated_films"]
                else "",
            ),
            ("peak decade", f"{by_decade.most_common(1)[0][0]}s" if by_decade else ""),
        )
    ),
    key="head",
)

show(
    cards.section(
        "Families and micro-genres",
        "Tile area = number of films. Click a family to zoom in. Hover over a micro-genre to see "
        "its size and mean rating.",
    ),
    key="families",
)
charts.draw(
    charts.treemap(genres, charts.theme_colours(), charts.theme_background()),
    key="treemap",
    height=620,
    alt=f"Treemap of {len(genres)} micro-genres in their families. The tables below rank them.",
)


def ranking(title: str, note: str, field: str, write: Writer, *, lowest: bool = False) -> Node:
    """Return a table of the micro-genres with the highest or lowest values of a field."""
    unit = {"films": "films", "vote_average": "mean rating", "popularity": "popularity"}
    known = [genre for genre in genres if formatting.finite(genre[field]) is not None]
    if field in ("vote_average", "high_rated_share"):
        known = [genre for genre in known if genre["rated_films"] >= MIN_RATED]
    sign = 1 if lowest else -1
    ranked = sorted(known, key=lambda genre: (sign * genre[field], genre["cluster"]))[:LISTED]
    top = max((genre[field] for genre in ranked), default=0) or 1
    return cards.table(
        title,
        ("Micro-genre", "", unit.get(field, "share")),
        [
            (
                cards.genre_cell(genre, colours),
                cards.bar_cell(genre[field] / top, colours.get(genre["family_name"], "")),
                write(genre[field]),
            )
            for genre in ranked
        ],
        note,
    )


show(cards.section("Rankings"), key="rankings")
left, right = st.columns(2, gap="large")
condition = f"Micro-genres with at least {MIN_RATED} rated films."
with left:
    show(ranking("Largest", "By number of films.", "films", formatting.whole), key="largest")
    show(
        ranking("Best rated", f"By mean rating. {condition}", "vote_average", formatting.rating),
        key="best",
    )
    show(
        ranking(
            "Most films rated 7 or more",
            f"Share of rated films. {condition}",
            "high_rated_share",
            formatting.share,
        ),
        key="highly",
    )
with right:
    show(
        ranking("Smallest", "By number of films.", "films", formatting.whole, lowest=True),
        key="smallest",
    )
    show(
        ranking(
            "Most popular",
            "By mean popularity of their films.",
            "popularity",
            lambda value: f"{value:.1f}",
        ),
        key="popular",
    )
    show(
        ranking(
            "Lowest rated",
            f"By mean rating. {condition}",
            "vote_average",
            formatting.rating,
            lowest=True,
        ),
        key="lowest",
    )
show(cards.section("Films by year", "Films without a year are left out."), key="by-year")
years = sorted(by_year.items())
charts.draw(
    charts.year_bars(years),
    key="years",
    height=280,
    alt=f"Films by year, from {years[0][0]} to {years[-1][0]}." if years else "No year is known.",
)
