"""The map of a release as a Plotly figure, one dot per film; and the order of the families."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import pyarrow as pa

from pipeline.report.charts import HOVER, Figure, axis, layout
from pipeline.report.formatting import (
    UNMEASURED,
    bold,
    chart_lines,
    chart_text,
    finite,
    plain,
    wrapped,
)

__all__ = ["FAMILY_COLOURS", "FILM_MAP", "Rows", "film_map", "films_of", "order"]

# The films on the map, a sample of the release. x and y have no unit.
FILM_MAP = pa.schema(
    [
        ("movie_id", pa.string()),
        ("title", pa.string()),
        ("year", pa.int32()),
        ("cluster", pa.int32()),
        ("x", pa.float32()),
        ("y", pa.float32()),
    ]
)

FAMILY_COLOURS = 7  # --family-0 to --family-6 in report.css; later families differ in shape
_SYMBOLS = ("circle", "diamond", "triangle-up", "square", "cross", "star")
_LABELS = 200  # report.js shows the largest 40 that fit into the view
_GRID = 10_000  # coordinates are integers from 0 to this

Rows = Sequence[Mapping[str, Any]]


def order(genres: Rows) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return families with their micro-genres, both with the largest number of films first.

    Parameters
    ----------
    genres : sequence of mappings
        Rows of `tables.MICRO_GENRES`.

    Returns
    -------
    list of (str, list of mappings)
        Name of the family, and its rows.

    Examples
    --------
    >>> rows = [
    ...     {"family_name": "Sport", "cluster": 0, "films": 9},
    ...     {"family_name": "War", "cluster": 1, "films": 8},
    ...     {"family_name": "War", "cluster": 2, "films": 12},
    ... ]
    >>> [(name, [row["cluster"] for row in own]) for name, own in order(rows)]
    [('War', [2, 1]), ('Sport', [0])]
    """
    grouped: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in genres:
        grouped[plain(row["family_name"])].append(row)
    for rows in grouped.values():
        rows.sort(key=lambda row: (-films_of(row), row["cluster"] or 0))
    return sorted(grouped.items(), key=lambda item: (-sum(map(films_of, item[1])), item[0]))


def film_map(table: pa.Table, genres: Rows) -> Figure | None:
    """Return the map with one dot per film, None if no film has coordinates.

    Parameters
    ----------
    table : pyarrow.Table of schema `FILM_MAP`
        The films on the map.
    genres : sequence of mappings
        Rows of `tables.MICRO_GENRES`.

    Returns
    -------
    dict or None
        A Plotly figure with one trace per family, in the sequence of `order`. Its
        `layout.meta.labels` lists the names of the largest micro-genres, each at the median
        position of its films.
    """
    by_cluster = {row["cluster"]: row for row in genres}
    points = [
        row
        for row in table.sort_by("movie_id").to_pylist()
        if finite(row["x"]) is not None and finite(row["y"]) is not None
    ]
    if not points:
        return None
    left, bottom = min(p["x"] for p in points), min(p["y"] for p in points)
    span_x = max(p["x"] for p in points) - left or 1.0
    span_y = max(p["y"] for p in points) - bottom or 1.0
    ranked = [name for name, _ in order(genres)]
    traces = [_trace(number, name, len(points)) for number, name in enumerate(ranked)]
    unknown = _trace(len(ranked), UNMEASURED, len(points))  # films of no known micro-genre
    places: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for point in points:
        genre = by_cluster.get(point["cluster"])
        family = ranked.index(plain(genre["family_name"])) if genre else len(ranked)
        trace = traces[family] if genre else unknown
        x = round((point["x"] - left) / span_x * _GRID)
        y = round((point["y"] - bottom) / span_y * _GRID)
        year = "" if point["year"] is None else f" ({point['year']})"
        trace["x"].append(x)
        trace["y"].append(y)
        trace["text"].append(chart_text(point["title"]) + year)
        trace["customdata"].append(chart_text(genre["micro_genre_name"] if genre else None))
        places[point["cluster"]].append((x, y))
    labels = [
        {
            "x": median(x for x, _ in places[row["cluster"]]),
            "y": median(y for _, y in places[row["cluster"]]),
            "text": wrapped(row["micro_genre_name"], 16),
            "family": ranked.index(plain(row["family_name"])),
        }
        for row in sorted(genres, key=lambda row: (-films_of(row), row["cluster"] or 0))
        if row["cluster"] in places
    ]
    margin = _GRID // 40
    hidden = axis(visible=False, range=[-margin, _GRID + margin], fixedrange=False)
    return {
        "data": [*traces, *([unknown] if unknown["x"] else [])],
        "layout": layout(
            xaxis=hidden,
            yaxis=dict(hidden),
            hovermode="closest",
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            meta={"labels": labels[:_LABELS]},
        ),
    }


def _trace(number: int, name: str, films: int) -> Figure:
    size = 9 if films <= 800 else 7 if films <= 2_000 else 5 if films <= 8_000 else 4
    symbol = _SYMBOLS[number // FAMILY_COLOURS % len(_SYMBOLS)]
    return {
        "type": "scattergl",
        "mode": "markers",
        "name": chart_text(name),
        "x": [],
        "y": [],
        "text": [],
        "customdata": [],
        "hovertemplate": chart_lines([bold("%{text}"), HOVER]),
        "marker": {
            "color": f"@family-{number % FAMILY_COLOURS}",
            "symbol": symbol,
            "size": size,
            "opacity": 0.75,
            "line": {"width": 0},
        },
    }


def films_of(row: Mapping[str, Any]) -> int:
    """Return the number of films of a row of `tables.MICRO_GENRES`, 0 if it is missing."""
    return int(row["films"] or 0)
