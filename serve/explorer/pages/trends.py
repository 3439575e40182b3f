"""Trends: when films were made, what came and went, what is liked and what divides."""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from serve.explorer import formatting
from serve.explorer.components import cards, charts
from serve.explorer.components import charts as drawing
from serve.explorer.components.html_nodes import Node, data_text, node, show
from serve.explorer.components.word_cloud import telling, word_cloud
from serve.explorer.release_history import growth_over_releases
from serve.explorer.resources import catalogue

LISTED = 10
HEAT_ROWS = 30
RELEASES = 5  # compared, the last of them
FEW = 5  # films in either span from which on a change is listed

films = catalogue()
trends = films.trends
facts = films.figures()
genres = films.micro_genres()
by_cluster = {row["cluster"]: row for row in genres}
colours = cards.hues(films.families())
show(
    cards.head("Trends", "What came and went, and what is liked; counted from the films."),
    key="head",
)


def releases_table(title: str, heads: list[str], found: list[dict[str, Any]]) -> Node:
    """Films of micro-genres in each release, with what changed from the first to the last."""
    rows = []
    for row in found:
        now = by_id.get(row["micro_genre_id"])
        name = cards.genre_cell(now, colours) if now else data_text(row["micro_genre_name"])
        counts = ["" if n is None else formatting.whole(n) for n in row["films"]]
        rows.append((name, f"{row['change']:+,}".replace("-", "\u2212"), *counts))
    return cards.table(title, ("Micro-genre", "change", *heads), rows)


made, over_releases = growth_over_releases(films.path, RELEASES)
moved = [row for row in over_releases if row["change"]]
if made:
    show(
        cards.section(
            "Over releases",
            f"Films of each micro-genre in the last {len(made)} releases"
            + ("." if moved else "; none has more or fewer."),
        ),
        key="releases-head",
    )
    heads = [when[:10] for when in made]
    by_id = {row["micro_genre_id"]: row for row in genres}
    gained = [row for row in moved if row["change"] > 0][:LISTED]
    lost = [row for row in reversed(moved) if row["change"] < 0][:LISTED]
    for title, found in (("Gained most films", gained), ("Lost most films", lost)):
        if found:
            show(releases_table(title, heads, found), key=f"releases-{title}")

if facts["first_year"] is None:
    show(
        cards.empty(
            "No film here has a year",
            "Trends are counted by year. Mine a catalogue that has years of release.",
            ways=[cards.chip("Overview", "overview"), cards.chip("Films", "films")],
        ),
        key="none",
    )
    st.stop()

counted: Counter[int] = Counter()
for row in trends.films_by("year"):
    counted[row["year"]] += row["films"]
years = sorted(counted.items())
show(cards.section("Films by year"), key="by-year")
drawing.draw(
    charts.year_bars(years),
    key="years",
    height=260,
    alt=f"Films by year, {formatting.span(years[0][0], years[-1][0])}; most in "
    f"{max(counted, key=lambda year: counted[year])}.",
)

show(
    cards.section(
        "Micro-genres by decade",
        "Each row is one micro-genre; the stronger a decade\u2019s colour, the more of its films.",
    ),
    key="by-decade",
)
ranked = sorted(genres, key=lambda row: (-row["films"], row["cluster"]))
families = [row["family_name"] for row in films.families()]
which = st.selectbox(
    "Family",
    [f"the {min(HEAT_ROWS, len(ranked))} largest micro-genres", *families],
    width=360,
    key="heat",
)
rows = [row for row in ranked if row["family_name"] == which] if which in families else ranked
rows = sorted(rows[:HEAT_ROWS], key=lambda row: (row["peak_decade"] or 0, row["cluster"]))
decades = trends.films_by("decade")
drawing.draw(
    charts.decade_heat(
        [row for row in decades if row["cluster"] in {r["cluster"] for r in rows}], rows
    ),
    key="decades",
    height=90 + 24 * len(rows),
    alt=f"Share of the films of {len(rows)} micro-genres by decade, earliest peaks first.",
)

show(
    cards.section(
        "Growth and decline",
        "A micro-genre\u2019s share of all films from the chosen year on, against its share of "
        "the films before. Shares, because a catalogue holds more films of some years; counts "
        f"beside them. Listed with {FEW} films or more on one side.",
    ),
    key="growth",
)
first, last = years[0][0], years[-1][0]
halfway = sorted(counted.elements())[counted.total() // 2]
since = first
if last > first:
    since = st.slider(
        "Since",
        first + 1,
        last,
        min(max(halfway, first + 1), last),
        key="since",
        bind="query-params",
        width=460,
    )
changed = [
    row
    for row in trends.growth((first, since - 1), (since, last))
    if max(row["before"], row["after"]) >= FEW
]


def change_table(title: str, found: list[dict[str, Any]]) -> Node:
    """What changed most one way, with the counts beside."""
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
            for row in found
        ],
    )


new = sorted((row for row in changed if row["change"] is None), key=lambda row: -row["after"])
grown = [row for row in changed if row["change"] is not None and row["change"] > 0]
fallen = [row for row in reversed(changed) if row["change"] is not None and row["change"] < 0]
left, right = st.columns(2, gap="large")
with left:
    show(change_table("Grown most", [*new, *grown][:LISTED]), key="grown")
with right:
    show(change_table("Declined most", fallen[:LISTED]), key="fallen")

rated = trends.ratings_by_decade()
if rated:
    left, right = st.columns(2, gap="large")
    with left:
        show(
            cards.section("Ratings by decade", "The mean, in the band of the middle half."),
            key="ratings-head",
        )
        drawing.draw(
            charts.ratings_by_decade(rated),
            key="ratings",
            height=320,
            alt="; ".join(f"{row['decade']}s: {formatting.rating(row['mean'])}" for row in rated),
        )
    with right:
        points = trends.year_and_rating(limit=20_000)
        show(
            cards.section("Year and rating", f"{formatting.films(points.num_rows)}, a dot each."),
            key="scatter-head",
        )
        drawing.draw(
            charts.rating_scatter(points.to_pydict()),
            key="scatter",
            height=320,
            alt=f"{points.num_rows} films by year and rating.",
        )
    spread = trends.rating_spread(10)

    def spread_table(title: str, note: str, found: list[dict[str, Any]]) -> Node:
        """Micro-genres by how far the ratings of their films lie apart."""
        return cards.table(
            title,
            ("Micro-genre", "deviation", "mean", "rated films"),
            [
                (
                    cards.genre_cell(by_cluster[row["cluster"]], colours),
                    f"{row['deviation']:.2f}",
                    formatting.rating(row["mean"]),
                    formatting.whole(row["films"]),
                )
                for row in found
            ],
            note,
        )

    if spread:
        show(
            cards.section(
                "Consistent and divided",
                "How far the ratings of a micro-genre\u2019s films lie apart: the standard "
                "deviation, among those with 10 rated films or more.",
            ),
            key="spread-head",
        )
        half = min(LISTED, -(-len(spread) // 2))
        left, right = st.columns(2, gap="large")
        with left:
            show(
                spread_table("Most consistent", "Ratings close together.", spread[:half]),
                key="consistent",
            )
        with right:
            show(
                spread_table("Most divided", "Ratings far apart.", spread[::-1][:half]),
                key="divided",
            )

show(
    cards.section(
        "Words of the films",
        "Keywords, the larger the more films carry them, without remarks (\u201csequel\u201d).",
    ),
    key="cloud-head",
)
names = {row["micro_genre_name"]: row["cluster"] for row in ranked}
of = st.selectbox("Keywords of", ["all films", *names], width=460, key="words")
held = telling(trends.keywords(names.get(of), 140))
theme = st.context.theme.type or "light"
if held:
    st.image(
        word_cloud(
            {row["keyword"]: row["films"] for row in held}, st.context.theme.type or "light"
        ),
        width="stretch",
        alt="Word cloud. Most frequent: "
        + ", ".join(f"{row['keyword']} ({row['films']})" for row in held[:12]),
    )
else:
    show(node("p", "The catalogue gives no keywords for these films.", cls="note"), key="no-words")
