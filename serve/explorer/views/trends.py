"""Trends: films by year, growth and decline of micro-genres, ratings, keywords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from serve.catalogue.records import GrowthRow, RatingSpreadRow
from serve.explorer import formatting
from serve.explorer.components import cards, charts
from serve.explorer.components.html_nodes import Node, data_text, node, show
from serve.explorer.components.word_cloud import content_keywords, word_cloud
from serve.explorer.release_history import growth_over_releases
from serve.explorer.resources import open_catalogue

LISTED = 10  # rows of a table
HEAT_ROWS = 30  # micro-genres of the heat map
RELEASES = 5  # newest releases that are compared
MIN_FILMS = 5  # in at least one of the two spans, for a change to be listed

films = open_catalogue()
trends = films.trends
figures = films.figures()
genres = films.micro_genres()
by_cluster = {genre["cluster"]: genre for genre in genres}
by_id = {genre["micro_genre_id"]: genre for genre in genres}
colours = cards.family_colours(films.families())
show(
    cards.page_header(
        "Trends", "How micro-genres grow and decline over time, and how their films are rated."
    ),
    key="head",
)


def releases_table(title: str, dates: list[str], rows: Sequence[Mapping[str, Any]]) -> Node:
    """Return a table of the films of micro-genres in each release, with the change."""
    cells: list[tuple[Node | str, ...]] = []
    for row in rows:
        genre = by_id.get(row["micro_genre_id"])
        name = cards.genre_cell(genre, colours) if genre else data_text(row["micro_genre_name"])
        counts = ["" if n is None else formatting.whole(n) for n in row["films"]]
        cells.append((name, f"{row['change']:+,}".replace("-", "\u2212"), *counts))
    return cards.table(title, ("Micro-genre", "change", *dates), cells)


created_at, over_releases = growth_over_releases(films.path, RELEASES)
if created_at:
    changed = [row for row in over_releases if row["change"]]
    show(
        cards.section(
            "Changes between releases",
            f"Number of films of each micro-genre in the last {len(created_at)} releases"
            + ("." if changed else "; there is no change."),
        ),
        key="releases-head",
    )
    dates = [when[:10] for when in created_at]
    gained = [row for row in changed if row["change"] > 0][:LISTED]
    lost = [row for row in reversed(changed) if row["change"] < 0][:LISTED]
    for title, rows in (("Largest gains", gained), ("Largest losses", lost)):
        if rows:
            show(releases_table(title, dates, rows), key=f"releases-{title}")

if figures["first_year"] is None:
    show(
        cards.empty_state(
            "No film has a year",
            "Trends are counted by year. Mine a catalogue with release years to see them.",
            links=[cards.chip("Overview", "overview"), cards.chip("Films", "films")],
        ),
        key="none",
    )
    st.stop()

by_year: Counter[int] = Counter()
for period in trends.films_by("year"):
    by_year[period["year"]] += period["films"]
years = sorted(by_year.items())
show(cards.section("Films by year"), key="by-year")
charts.draw(
    charts.year_bars(years),
    key="years",
    height=260,
    alt=f"Films by year, {formatting.span(years[0][0], years[-1][0])}; the peak is "
    f"{max(by_year, key=lambda year: by_year[year])}.",
)

show(
    cards.section(
        "Micro-genres by decade",
        "Each row is a micro-genre. A stronger colour means a larger share of its films.",
    ),
    key="by-decade",
)
ranked = sorted(genres, key=lambda genre: (-genre["films"], genre["cluster"]))
families = [family["family_name"] for family in films.families()]
family_name = st.selectbox(
    "Family",
    [f"the {min(HEAT_ROWS, len(ranked))} largest micro-genres", *families],
    width=360,
    key="heat",
)
shown = [
    genre for genre in ranked if family_name not in families or genre["family_name"] == family_name
][:HEAT_ROWS]
shown.sort(key=lambda genre: (genre["peak_decade"] or 0, genre["cluster"]))
shown_clusters = {genre["cluster"] for genre in shown}
charts.draw(
    charts.decade_heat(
        [period for period in trends.films_by("decade") if period["cluster"] in shown_clusters],
        shown,
    ),
    key="decades",
    height=90 + 24 * len(shown),
    alt=f"Share of the films of {len(shown)} micro-genres by decade, earliest peaks first.",
)

show(
    cards.section(
        "Growth and decline",
        "Compares the share of each micro-genre among all films since the chosen year with its "
        "share among the films before. Shares are compared, not counts, because the catalogue has "
        f"more films of some years than of others. Micro-genres with fewer than {MIN_FILMS} films "
        "both before and since are left out.",
    ),
    key="growth",
)
first, last = years[0][0], years[-1][0]
median_year = sorted(by_year.elements())[by_year.total() // 2]
since = first
if last > first:
    since = st.slider(
        "Since",
        first + 1,
        last,
        min(max(median_year, first + 1), last),
        key="since",
        bind="query-params",
        width=460,
    )
growth = [
    row
    for row in trends.growth((first, since - 1), (since, last))
    if max(row["before"], row["after"]) >= MIN_FILMS
]


def growth_table(title: str, rows: Sequence[GrowthRow]) -> Node:
    """Return a table of changes of shares, with the numbers of films."""
    return cards.table(
        title,
        ("Micro-genre", "change of share", f"before {since}", f"since {since}"),
        [
            (
                cards.genre_cell(by_cluster[row["cluster"]], colours),
                formatting.signed(row["change"]),
                formatting.whole(row["before"]),
                formatting.whole(row["after"]),
            )
            for row in rows
        ],
    )


new = sorted((row for row in growth if row["change"] is None), key=lambda row: -row["after"])
grown = [row for row in growth if row["change"] is not None and row["change"] > 0]
declined = [row for row in reversed(growth) if row["change"] is not None and row["change"] < 0]
left, right = st.columns(2, gap="large")
with left:
    show(growth_table("Largest growth", [*new, *grown][:LISTED]), key="grown")
with right:
    show(growth_table("Largest decline", declined[:LISTED]), key="fallen")


def spread_table(title: str, note: str, rows: Sequence[RatingSpreadRow]) -> Node:
    """Return a table of micro-genres with the standard deviation of their ratings."""
    return cards.table(
        title,
        ("Micro-genre", "standard deviation", "mean", "rated films"),
        [
            (
                cards.genre_cell(by_cluster[row["cluster"]], colours),
                f"{row['deviation']:.2f}",
                formatting.rating(row["mean"]),
                formatting.whole(row["films"]),
            )
            for row in rows
        ],
        note,
    )


ratings = trends.ratings_by_decade()
if ratings:
    left, right = st.columns(2, gap="large")
    with left:
        show(
            cards.section(
                "Ratings by decade", "The line is the mean; the band contains half of the films."
            ),
            key="ratings-head",
        )
        charts.draw(
            charts.ratings_by_decade(ratings),
            key="ratings",
            height=320,
            alt="; ".join(f"{row['decade']}s: {formatting.rating(row['mean'])}" for row in ratings),
        )
    with right:
        points = trends.year_and_rating(limit=20_000)
        show(
            cards.section(
                "Ratings by year", f"Each dot is a film; {formatting.films(points.num_rows)}."
            ),
            key="scatter-head",
        )
        charts.draw(
            charts.rating_scatter(points.to_pydict()),
            key="scatter",
            height=320,
            alt=f"{points.num_rows} films by year and rating.",
        )
    spread = trends.rating_spread(10)
    if spread:
        show(
            cards.section(
                "Agreement on ratings",
                "How much the ratings of the films of a micro-genre differ: their standard "
                "deviation. Micro-genres with at least 10 rated films.",
            ),
            key="spread-head",
        )
        half = min(LISTED, -(-len(spread) // 2))
        left, right = st.columns(2, gap="large")
        with left:
            show(
                spread_table("Most consistent", "Similar ratings.", spread[:half]),
                key="consistent",
            )
        with right:
            show(
                spread_table("Most divided", "Very different ratings.", spread[::-1][:half]),
                key="divided",
            )

show(
    cards.section(
        "Keywords",
        "A larger word means more films. Keywords about the production of a film, such as "
        "\u201csequel\u201d, are left out.",
    ),
    key="cloud-head",
)
clusters = {genre["micro_genre_name"]: genre["cluster"] for genre in ranked}
chosen = st.selectbox("Keywords of", ["all films", *clusters], width=460, key="words")
keywords = content_keywords(trends.keywords(clusters.get(chosen), 140))
if keywords:
    st.image(
        word_cloud(
            {row["keyword"]: row["films"] for row in keywords}, st.context.theme.type or "light"
        ),
        width="stretch",
        alt="Word cloud. Most frequent keywords: "
        + ", ".join(f"{row['keyword']} ({row['films']})" for row in keywords[:12]),
    )
else:
    show(node("p", "These films have no keywords in the catalogue.", cls="note"), key="no-words")
