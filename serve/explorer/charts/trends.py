"""Charts of the trends: shares and ratings by decade, films by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.report.formatting import chart_text, rating, share, whole
from serve.catalogue.statistics.decade_shares import DecadeShare
from serve.catalogue.statistics.weighted_ratings import WeightedRating
from serve.explorer.charts.plotly import Figure, axis, band, figure, line

__all__ = ["FEW_FILMS", "ratings_chart", "shares_chart", "years_chart"]

ALL_FILMS = 6  # number of the grey line
FEW_FILMS = 10
"""A mean rating of fewer films has a hollow mark."""


def shares_chart(lines: Mapping[str, Sequence[DecadeShare]]) -> Figure:
    """Return the shares of micro-genres among the films of each decade, with intervals.

    Parameters
    ----------
    lines : mapping of str to sequence of DecadeShare
        The shares of each micro-genre by its name.
    """
    bands, drawn = [], []
    for series, (name, shares) in enumerate(lines.items()):
        x = [row["decade"] for row in shares]
        known = [row["base"] > 0 for row in shares]
        texts = [
            f"{chart_text(name)}<br>{row['decade']}s: {share(row['share'])} of the films "
            f"({share(row['low'])} to {share(row['high'])})<br>"
            f"{whole(row['films'])} of {whole(row['base'])} films"
            + (", few films" if row["small"] else "")
            for row in shares
        ]
        ends = [
            [row[end] if has else None for row, has in zip(shares, known, strict=True)]
            for end in ("low", "share", "high")
        ]
        bands += band(series, x, ends[0], ends[2])
        drawn.append(line(series, x, ends[1], texts, [row["small"] for row in shares]))
    # wide intervals of small decades may leave the chart: they would flatten all lines
    heights = [row["share" if row["small"] else "high"] for own in lines.values() for row in own]
    top = max(heights, default=1.0) or 1.0
    decades = {row["decade"]: row["small"] for shares in lines.values() for row in shares}
    return figure(
        [*bands, *drawn],
        xaxis=_decades(decades),
        yaxis=axis("share of the decade's films", tickformat=".1~%", range=[0, 1.1 * top]),
    )


def ratings_chart(lines: Mapping[str, Sequence[WeightedRating]], decades: Sequence[int]) -> Figure:
    """Return weighted ratings by decade; the first line is drawn with its interval.

    Parameters
    ----------
    lines : mapping of str to sequence of WeightedRating
        Rows by decade of all films, drawn in grey, then of each micro-genre, by name.
    decades : sequence of int
        All decades of the axis.
    """
    traces: list[Figure] = []
    for series, (name, rows) in zip((ALL_FILMS, *range(ALL_FILMS)), lines.items(), strict=False):
        by_decade = {row["key"]: row for row in rows}
        found = [by_decade.get(decade) for decade in decades]
        texts = [
            f"{chart_text(name)}<br>{row['key']}s: {rating(row['rating'])}"
            + ("" if row["low"] is None else f" ({rating(row['low'])} to {rating(row['high'])})")
            + f"<br>{whole(row['films'])} films"
            if row
            else ""
            for row in found
        ]
        if not traces:
            low = [row["low"] if row and row["films"] >= FEW_FILMS else None for row in found]
            high = [row["high"] if row and row["films"] >= FEW_FILMS else None for row in found]
            traces += band(series, decades, low, high)
        values = [row["rating"] if row else None for row in found]
        few = [row is not None and row["films"] < FEW_FILMS for row in found]
        traces.append(line(series, decades, values, texts, few))
    return figure(
        traces,
        xaxis=_decades(dict.fromkeys(decades, False)),
        yaxis=axis("weighted rating, 0 to 10"),
    )


def years_chart(years: Mapping[int, int]) -> Figure:
    """Return the number of films of each year as bars."""
    bars = {
        "type": "bar",
        "x": list(years),
        "y": list(years.values()),
        "hovertemplate": "%{x}: %{y:,} films<extra></extra>",
        "meta": {"series": 0},
    }
    return figure(
        [bars], bargap=0.1, xaxis=axis(tickformat="d", showgrid=False), yaxis=axis("films")
    )


def _decades(decades: Mapping[int, bool]) -> Figure:
    """Return the axis of decades; those with few films have a star."""
    labels = [f"{decade}s{'*' if small else ''}" for decade, small in decades.items()]
    return axis(tickvals=list(decades), ticktext=labels, showgrid=False)
