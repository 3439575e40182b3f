"""Overview: the whole release on one page."""

from __future__ import annotations

from collections import Counter
from statistics import median

import streamlit as st

from pipeline.report.formatting import Writer
from serve.catalogue.catalogue import Filters
from serve.catalogue.micro_genres import HIGH_RATING
from serve.explorer import formatting
from serve.explorer.components import cards, charts
from serve.explorer.components import charts as drawing
from serve.explorer.components.html_nodes import Node, show
from serve.explorer.resources import catalogue

LISTED = 8  # rows of a ranking
RATED = 5  # rated films from which on a mean rating is ranked

films = catalogue()
facts = films.figures()
rated_films = {row["cluster"]: row["films"] for row in films.trends.rating_spread(2)}
genres = [row | {"rated_films": rated_films.get(row["cluster"], 0)} for row in films.micro_genres()]
counted: Counter[int] = Counter()
for row in films.trends.films_by("year"):
    counted[row["year"]] += row["films"]
by_decade: Counter[int] = Counter()
for year, number in counted.items():
    by_decade[year // 10 * 10] += number
sizes = [row["films"] for row in genres] or [0]
highly = films.films(Filters(rating_from=HIGH_RATING), limit=0).total
colours = cards.hues(films.families())

show(
    cards.head("Overview", "How the films spread over families and micro-genres."),
    cards.figures(
        (
            ("films", formatting.whole(facts["films"])),
            ("micro-genres", formatting.whole(facts["micro_genres"])),
            ("families", formatting.whole(facts["families"])),
            ("films in the median one", formatting.whole(median(sizes))),
            (
                "mean rating",
                formatting.rating(facts["vote_average"]) if facts["rated_films"] else "",
            ),
            (
                "rated 7 or more",
                formatting.share(highly / facts["rated_films"]) if facts["rated_films"] else "",
            ),
            ("peak decade", f"{by_decade.most_common(1)[0][0]}s" if by_decade else ""),
        )
    ),
    key="head",
)

show(
    cards.section(
        "Families and micro-genres",
        "Areas are films. Select a family to step into it; hold over a micro-genre for its size "
        "and mean rating.",
    ),
    key="families",
)
drawing.draw(
    charts.treemap(genres, drawing.theme_hues(), drawing.theme_paper()),
    key="treemap",
    height=620,
    alt=f"Areas for {len(genres)} micro-genres within their families; the tables below give the "
    "same figures.",
)


def ranking(title: str, note: str, field: str, write: Writer, *, low: bool = False) -> Node:
    """A table of the first micro-genres by one figure."""
    unit = {"films": "films", "vote_average": "mean rating", "popularity": "popularity"}
    known = [row for row in genres if formatting.finite(row[field]) is not None]
    if field in ("vote_average", "high_rated_share"):
        known = [row for row in known if row["rated_films"] >= RATED]
    ranked = sorted(known, key=lambda row: ((row[field] if low else -row[field]), row["cluster"]))
    top = max((row[field] for row in ranked[:LISTED]), default=0) or 1
    return cards.table(
        title,
        ("Micro-genre", "", unit.get(field, "share")),
        [
            (
                cards.genre_cell(row, colours),
                cards.bar_cell(row[field] / top, colours.get(row["family_name"], "")),
                write(row[field]),
            )
            for row in ranked[:LISTED]
        ],
        note,
    )


show(cards.section("Rankings"), key="rankings")
left, right = st.columns(2, gap="large")
enough = f"Micro-genres with {RATED} rated films or more."
with left:
    show(ranking("Largest", "By films.", "films", formatting.whole), key="largest")
    show(
        ranking("Best rated", f"By mean rating. {enough}", "vote_average", formatting.rating),
        key="best",
    )
    show(
        ranking(
            "Most films rated 7 or more",
            f"Share of rated films. {enough}",
            "high_rated_share",
            formatting.share,
        ),
        key="highly",
    )
with right:
    show(ranking("Smallest", "By films.", "films", formatting.whole, low=True), key="smallest")
    show(
        ranking(
            "Most popular",
            "By the mean popularity of their films.",
            "popularity",
            lambda value: f"{value:.1f}",
        ),
        key="popular",
    )
    show(
        ranking(
            "Lowest rated", f"By mean rating. {enough}", "vote_average", formatting.rating, low=True
        ),
        key="lowest",
    )
show(cards.section("Films by year", "Films whose year is not known are left out."), key="by-year")
years = sorted(counted.items())
drawing.draw(
    charts.year_bars(years),
    key="years",
    height=280,
    alt=f"Films by year, from {years[0][0]} to {years[-1][0]}." if years else "No years are known.",
)
