"""The treemap of a release, families and in them micro-genres, as a Plotly figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.charts import Figure, layout
from pipeline.report.charts_map import Rows, films_of, order
from pipeline.report.formatting import (
    UNMEASURED,
    chart_text,
    decimal,
    finite,
    plain,
    rating,
    whole,
    wrapped,
)

__all__ = ["SCALE", "shade", "treemap"]

# Sand to deep blue, even in lightness, so it reads the same with any colour vision.
SCALE = ("#eadfc6", "#c3d3c3", "#8fbfbf", "#589fb0", "#2b7a9b", "#15587f", "#0c3654")
_UNKNOWN = "#b5b2ae"
_SHADES = (("vote_average", "Mean rating"), ("mean_similarity", "Likeness of its films"))
_TILES = 600  # more tiles than this cannot be seen, and slow a browser down


def shade(genres: Rows) -> tuple[str, str, float, float]:
    """What the treemap's colour shows: column, name, and the values at the ends of the scale.

    The mean rating; in a catalogue without ratings, how alike the films of a micro-genre are. One
    micro-genre in twenty lies beyond either end, so that a single outlier does not pale the rest.
    """
    for field, name in _SHADES:
        values = sorted(v for row in genres if (v := finite(row[field])) is not None)
        if values:
            cut = len(values) // 20
            return field, name, values[cut], values[-1 - cut]
    return (*_SHADES[0], 0.0, 0.0)


def treemap(genres: Rows, families: Rows) -> Figure | None:
    """Families and in them micro-genres: size by films, colour by `shade`."""
    named = {plain(row["family_name"]): row for row in families}
    ranked = sorted(genres, key=lambda row: (-films_of(row), row["cluster"] or 0))
    drawn = {row["cluster"] for row in ranked[:_TILES]}
    field, _, low, high = shade(genres)
    tiles = [_tile("all", "", "All families", sum(map(films_of, genres)), "@paper", "")]
    for number, (name, rows) in enumerate(order(genres)):
        family, films = f"family-{number}", sum(map(films_of, rows))
        words = [
            f"<b>{chart_text(name)}</b>",
            f"{len(rows)} micro-genres, {whole(films)} films",
            _mean_rating(rows),
            *_lines("", named.get(name, {}).get("keywords")),
        ]
        tiles.append(_tile(family, "all", name, films, "@surface", "<br>".join(words)))
        for row in rows:
            if row["cluster"] in drawn and films_of(row):
                colour = _colour(finite(row[field]), low, high)
                tiles.append(
                    _tile(
                        f"genre-{row['cluster']}",
                        family,
                        row["micro_genre_name"],
                        films_of(row),
                        colour,
                        _words(row),
                    )
                )
        small = [row for row in rows if row["cluster"] not in drawn]
        if rest := sum(map(films_of, small)):
            label = f"and {len(small)} smaller"
            tiles.append(_tile(f"{family}-rest", family, label, rest, _UNKNOWN, label))
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
        "marker": {
            "colors": trace.pop("colour"),
            "line": {"width": 1, "color": "@paper"},
            "pad": {"t": 24, "l": 3, "r": 3, "b": 3},
            "cornerradius": 3,
        },
        "tiling": {"pad": 2},
        "pathbar": {"thickness": 26, "textfont": {"color": "@ink", "size": 13}},
        "root": {"color": "rgba(0,0,0,0)"},
    }
    return {"data": [trace], "layout": layout(margin={"l": 0, "r": 0, "t": 30, "b": 0})}


def _tile(key: str, parent: str, name: Any, films: int, colour: str, hover: str) -> dict[str, Any]:
    text = f"<b>{chart_text(name)}</b>" if parent in ("", "all") else wrapped(name, 12)
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
    head += [_mean_rating([row]), f"likeness of its films {decimal(row['mean_similarity'])}"]
    return "<br>".join(
        [*head, *_lines("Keywords: ", row["keywords"]), *_lines("Such as: ", row["exemplars"])]
    )


def _lines(head: str, words: Sequence[str] | None) -> list[str]:
    return [wrapped(head + ", ".join(words), 46)] if words else []


def _mean_rating(rows: Rows) -> str:
    rated = [(r, films_of(row)) for row in rows if (r := finite(row["vote_average"])) is not None]
    films = sum(n for _, n in rated)
    mean = sum(r * n for r, n in rated) / films if films else None
    return f"mean rating {UNMEASURED if mean is None else rating(mean)}"


def _rgb(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _colour(value: float | None, low: float, high: float) -> str:
    if value is None:
        return _UNKNOWN
    share = min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5
    place = share * (len(SCALE) - 1)
    step = min(int(place), len(SCALE) - 2)
    both = zip(_rgb(SCALE[step]), _rgb(SCALE[step + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - step)):02x}" for a, b in both)


def _ink(colour: str) -> str:
    """Black or white, whichever has the higher contrast (WCAG 2.2, relative luminance)."""
    if colour.startswith("@"):
        return "@ink"
    parts = [c / 255 for c in _rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"
