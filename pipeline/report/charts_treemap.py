"""The treemap of a release as a Plotly figure: families, and micro-genres inside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.charts import HOVER, Figure, layout
from pipeline.report.charts_map import Rows, films_of, order
from pipeline.report.formatting import (
    UNMEASURED,
    bold,
    chart_lines,
    chart_text,
    decimal,
    finite,
    plain,
    rating,
    whole,
    wrapped,
)

__all__ = ["shade_legend", "treemap"]

# Sand to deep blue in even steps of lightness, readable with any colour vision.
_SCALE = ("#eadfc6", "#c3d3c3", "#8fbfbf", "#589fb0", "#2b7a9b", "#15587f", "#0c3654")
_UNKNOWN = "#b5b2ae"
_SHADES = (("vote_average", "Mean rating"), ("mean_similarity", "Similarity of its films"))
_TILES = 600  # more tiles are too small to see, and slow in a browser


def _shade(genres: Rows) -> tuple[str, str, float, float]:
    """The measure that colours the treemap: column, name, and both ends of the colour scale.

    The mean rating; in a catalogue without ratings, the mean similarity of the films to their
    centroid. The ends of the scale cut off 5 % of the micro-genres at each side, so that a single
    outlier does not use up the scale.
    """
    for field, name in _SHADES:
        values = sorted(v for row in genres if (v := finite(row[field])) is not None)
        if values:
            cut = len(values) // 20
            return field, name, values[cut], values[-1 - cut]
    return (*_SHADES[0], 0.0, 0.0)


def shade_legend(genres: Rows) -> dict[str, Any] | None:
    """Return what the colours of the treemap mean, None if nothing is measured.

    Parameters
    ----------
    genres : sequence of mappings
        Rows of `tables.MICRO_GENRES`.

    Returns
    -------
    dict or None
        `name` and `note` of the measure, `low` and `high` as text, whether values lie beyond
        them (`clipped_low`, `clipped_high`), whether some micro-genres have no value
        (`incomplete`), and `colours` from low to high.
    """
    field, name, low, high = _shade(genres)
    values = [v for row in genres if (v := finite(row[field])) is not None]
    if not values:
        return None
    rated = field == "vote_average"
    write = rating if rated else decimal
    return {
        "name": name,
        "note": None if rated else "mean cosine to the centroid; the catalogue has no ratings",
        "low": write(low),
        "high": write(high),
        "clipped_low": min(values) < low,
        "clipped_high": max(values) > high,
        "incomplete": len(values) < len(genres),
        "colours": _SCALE,
    }


def treemap(genres: Rows, families: Rows) -> Figure | None:
    """Return the treemap of families and micro-genres, None if there are no films.

    Parameters
    ----------
    genres, families : sequence of mappings
        Rows of `tables.MICRO_GENRES` and `tables.FAMILIES`.

    Returns
    -------
    dict or None
        A Plotly figure. The area of a tile is its number of films, its colour the mean rating
        (see `shade_legend`).
    """
    by_name = {plain(row["family_name"]): row for row in families}
    ranked = sorted(genres, key=lambda row: (-films_of(row), row["cluster"] or 0))
    drawn = {row["cluster"] for row in ranked[:_TILES]}
    field, _, low, high = _shade(genres)
    tiles = [_tile("all", "", "All families", sum(map(films_of, genres)), "@paper", "")]
    for number, (name, rows) in enumerate(order(genres)):
        family, films = f"family-{number}", sum(map(films_of, rows))
        words = [
            bold(name),
            f"{len(rows)} micro-genres, {whole(films)} films",
            _mean_rating(rows),
            *_wrapped_list("", by_name.get(name, {}).get("keywords")),
        ]
        tiles.append(_tile(family, "all", name, films, "@surface", chart_lines(words)))
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
                        _hover(row),
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
        "hovertemplate": HOVER,
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
    text = bold(name) if parent in ("", "all") else wrapped(name, 12)
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


def _hover(row: Mapping[str, Any]) -> str:
    return chart_lines(
        [
            bold(row["micro_genre_name"]),
            f"{whole(row['films'])} films",
            _mean_rating([row]),
            f"mean similarity {decimal(row['mean_similarity'])}",
            *_wrapped_list("Keywords: ", row["keywords"]),
            *_wrapped_list("Exemplars: ", row["exemplars"]),
        ]
    )


def _wrapped_list(head: str, words: Sequence[str] | None) -> list[str]:
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
    place = share * (len(_SCALE) - 1)
    step = min(int(place), len(_SCALE) - 2)
    both = zip(_rgb(_SCALE[step]), _rgb(_SCALE[step + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - step)):02x}" for a, b in both)


def _ink(colour: str) -> str:
    """Black or white text, whichever has the higher contrast (WCAG 2.2, relative luminance)."""
    if colour.startswith("@"):
        return "@ink"
    parts = [c / 255 for c in _rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"
