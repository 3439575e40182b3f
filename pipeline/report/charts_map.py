"""The map of a release: every film as a dot, as a Plotly figure, and the order of its families."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import pyarrow as pa

from pipeline.report.charts import Figure, axis, layout
from pipeline.report.formatting import UNMEASURED, chart_text, finite, plain, wrapped

__all__ = ["FAMILY_COLOURS", "FILM_MAP", "Rows", "film_map", "films_of", "order"]

# The films of the map: a sample, two coordinates each. The scale of x and y carries no meaning.
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

FAMILY_COLOURS = 7  # --family-0 .. in page.css; beyond, the shape changes as well
_SYMBOLS = ("circle", "diamond", "triangle-up", "square", "cross", "star")
_LABELS = 200  # page.js shows the largest 40 that fit into the view
_GRID = 10_000  # coordinates are written as whole numbers up to this

Rows = Sequence[Mapping[str, Any]]


def order(genres: Rows) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Families with their micro-genres: the family with most films first, likewise within it."""
    grouped: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in genres:
        grouped[plain(row["family_name"])].append(row)
    for rows in grouped.values():
        rows.sort(key=lambda row: (-films_of(row), row["cluster"] or 0))
    return sorted(grouped.items(), key=lambda item: (-sum(map(films_of, item[1])), item[0]))


def film_map(table: pa.Table, genres: Rows) -> Figure | None:
    """Every film of `table` as a dot; one trace per family, in the order of `order`.

    `layout.meta.labels` holds the names of the largest micro-genres at the median of their films.
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
    stray = _trace(len(ranked), UNMEASURED, len(points))  # films of no known micro-genre
    places: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for point in points:
        genre = by_cluster.get(point["cluster"])
        family = ranked.index(plain(genre["family_name"])) if genre else len(ranked)
        trace = traces[family] if genre else stray
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
        "data": [*traces, *([stray] if stray["x"] else [])],
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
        "hovertemplate": "<b>%{text}</b><br>%{customdata}<extra></extra>",
        "marker": {
            "color": f"@family-{number % FAMILY_COLOURS}",
            "symbol": symbol,
            "size": size,
            "opacity": 0.75,
            "line": {"width": 0},
        },
    }


def films_of(row: Mapping[str, Any]) -> int:
    """How many films a micro-genre has, 0 where that is missing."""
    return int(row["films"] or 0)
