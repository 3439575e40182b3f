"""The two pictures of a release, as Plotly figures: treemap of its families, map of its films."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import pyarrow as pa

from pipeline.page_charts import Figure, axis, layout
from pipeline.page_values import UNMEASURED, chart_text, finite, plain, rating, whole, wrapped

__all__ = ["FAMILY_COLOURS", "FILM_MAP", "SCALE", "film_map", "order", "treemap"]

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

# Sand to deep blue, even in lightness, so it reads the same with any colour vision.
SCALE = ("#eadfc6", "#c3d3c3", "#8fbfbf", "#589fb0", "#2b7a9b", "#15587f", "#0c3654")
_UNRATED = "#b5b2ae"
FAMILY_COLOURS = 7  # --family-0 .. in page.css; beyond, the shape changes as well
_SYMBOLS = ("circle", "diamond", "triangle-up", "square", "cross", "star")
_TILES = 600  # more tiles than this cannot be seen, and slow a browser down
_LABELS = 200  # page.js shows the largest 40 that fit into the view
_GRID = 10_000  # coordinates are written as whole numbers up to this

Rows = Sequence[Mapping[str, Any]]


def order(genres: Rows) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Families with their micro-genres: the family with most films first, likewise within it."""
    grouped: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in genres:
        grouped[plain(row["family_name"])].append(row)
    for rows in grouped.values():
        rows.sort(key=lambda row: (-_films(row), row["cluster"] or 0))
    return sorted(grouped.items(), key=lambda item: (-sum(map(_films, item[1])), item[0]))


def treemap(genres: Rows, families: Rows) -> Figure | None:
    """Families and in them micro-genres: size by films, colour by mean rating."""
    named = {plain(row["family_name"]): row for row in families}
    ranked = sorted(genres, key=lambda row: (-_films(row), row["cluster"] or 0))
    drawn = {row["cluster"] for row in ranked[:_TILES]}
    rated = [r for row in genres if (r := finite(row["vote_average"])) is not None]
    low, high = (min(rated), max(rated)) if rated else (0.0, 0.0)
    tiles = [_tile("all", "", "All families", sum(map(_films, genres)), "@paper", "")]
    for number, (name, rows) in enumerate(order(genres)):
        family, films = f"family-{number}", sum(map(_films, rows))
        words = [f"<b>{chart_text(name)}</b>", f"{len(rows)} micro-genres, {whole(films)} films",
                 _mean_rating(rows), *_lines("", named.get(name, {}).get("keywords"))]  # fmt: skip
        tiles.append(_tile(family, "all", name, films, "@surface", "<br>".join(words)))
        for row in rows:
            if row["cluster"] in drawn and _films(row):
                colour = _colour(finite(row["vote_average"]), low, high)
                tiles.append(_tile(f"genre-{row['cluster']}", family, row["micro_genre_name"],
                                   _films(row), colour, _words(row)))  # fmt: skip
        small = [row for row in rows if row["cluster"] not in drawn]
        if rest := sum(map(_films, small)):
            label = f"and {len(small)} smaller"
            tiles.append(_tile(f"{family}-rest", family, label, rest, _UNRATED, label))
    if len(tiles) == 1 or not tiles[0]["values"]:
        return None
    trace: Figure = {key: [tile[key] for tile in tiles] for key in tiles[0]}
    inks = trace.pop("ink")
    weights = [600 if parent in ("", "all") else 400 for parent in trace["parents"]]
    trace |= {
        "type": "treemap",
        "branchvalues": "total",
        "textinfo": "text",
        "textfont": {"color": inks, "size": 13, "weight": weights},
        "textposition": "top left",
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"colors": trace.pop("colour"), "line": {"width": 1, "color": "@paper"},
                   "pad": {"t": 24, "l": 3, "r": 3, "b": 3}, "cornerradius": 3},
        "tiling": {"pad": 2},
        "pathbar": {"thickness": 26, "textfont": {"color": "@ink", "size": 13}},
        "root": {"color": "rgba(0,0,0,0)"},
    }  # fmt: skip
    return {"data": [trace], "layout": layout(margin=dict.fromkeys("lrtb", 0))}


def film_map(table: pa.Table, genres: Rows) -> Figure | None:
    """Every film of `table` as a dot; one trace per family, in the order of `order`.

    `layout.meta.labels` holds the names of the largest micro-genres at the median of their films.
    """
    by_cluster = {row["cluster"]: row for row in genres}
    points = [
        row for row in table.sort_by("movie_id").to_pylist()
        if finite(row["x"]) is not None and finite(row["y"]) is not None
    ]  # fmt: skip
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
        for row in sorted(genres, key=lambda row: (-_films(row), row["cluster"] or 0))
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
    size = 7 if films <= 2_000 else 5 if films <= 8_000 else 4  # noqa: PLR2004
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


def _films(row: Mapping[str, Any]) -> int:
    return int(row["films"] or 0)


def _tile(  # noqa: PLR0913, PLR0917 - these are the columns of the treemap
    key: str, parent: str, name: Any, films: int, colour: str, hover: str
) -> dict[str, Any]:
    text = (
        f"<b>{chart_text(name)}</b>" if parent in ("", "all") else wrapped(name, 11, hyphens=True)
    )
    return {
        "ids": key,
        "parents": parent,
        "labels": chart_text(name),
        "text": text,
        "values": films,
        "customdata": hover,
        "colour": colour,
        "ink": _ink(colour),
    }


def _words(row: Mapping[str, Any]) -> str:
    head = [f"<b>{chart_text(row['micro_genre_name'])}</b>", f"{whole(row['films'])} films"]
    return "<br>".join([*head, _mean_rating([row]), *_lines("Keywords: ", row["keywords"]),
                        *_lines("Such as: ", row["exemplars"])])  # fmt: skip


def _lines(head: str, words: Sequence[str] | None) -> list[str]:
    return [wrapped(head + ", ".join(words), 46)] if words else []


def _mean_rating(rows: Rows) -> str:
    rated = [(r, _films(row)) for row in rows if (r := finite(row["vote_average"])) is not None]
    films = sum(n for _, n in rated)
    mean = sum(r * n for r, n in rated) / films if films else None
    return f"mean rating {UNMEASURED if mean is None else rating(mean)}"


def _rgb(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _colour(rating: float | None, low: float, high: float) -> str:
    if rating is None:
        return _UNRATED
    place = ((rating - low) / (high - low) if high > low else 0.5) * (len(SCALE) - 1)
    step = min(int(place), len(SCALE) - 2)
    both = zip(_rgb(SCALE[step]), _rgb(SCALE[step + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - step)):02x}" for a, b in both)


def _ink(colour: str) -> str:
    """Black or white, whichever has the higher contrast (WCAG 2.2, relative luminance)."""
    if colour.startswith("@"):
        return "@ink"
    parts = [c / 255 for c in _rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]  # noqa: PLR2004
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"
