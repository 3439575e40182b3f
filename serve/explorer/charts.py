"""The charts of the explorer as Plotly figures `{"data", "layout"}`; colours come with the theme.

A trace without a colour of its own takes the next one of the theme, so families are always drawn
in the order of their size and keep their colour in light and in dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.page_map import order
from pipeline.page_values import chart_text, finite, rating, share, whole, wrapped
from serve.explorer.drawing import Figure, axis, layout

__all__ = [
    "decade_heat",
    "rating_bars",
    "rating_scatter",
    "ratings_by_decade",
    "treemap",
    "year_bars",
]

Rows = Sequence[Mapping[str, Any]]

_BAND = "rgba(128, 144, 160, 0.28)"  # seen on light and on dark


def _readable(hue: str) -> str:
    """Black or white, whichever stands out more on `hue` (WCAG 2.2 relative luminance)."""
    parts = [int(hue[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if light < 0.179 else "#101214"


def treemap(genres: Rows, hues: Sequence[str], edge: str | None = None) -> Figure:
    """Families with their micro-genres as areas of films; the mean rating on hover.

    `hues` are the families' colours, `#rrggbb`, in the order of their size; they are repeated.
    `edge` is the colour between areas.
    """
    places: list[int] = []
    ids, labels, parents, values, hover, links = [], [], [], [], [], []
    for place, (family, rows) in enumerate(order(genres)):
        total = sum(row["films"] for row in rows)
        ids.append(f"f{place}")
        labels.append(chart_text(family))
        parents.append("")
        values.append(total)
        hover.append(f"{whole(total)} films in {len(rows)} micro-genres")
        links.append("")
        places.extend([place] * (1 + len(rows)))
        for row in rows:
            ids.append(str(row["cluster"]))
            labels.append(wrapped(row["micro_genre_name"], 22))
            parents.append(f"f{place}")
            values.append(row["films"])
            rated = finite(row["vote_average"])
            told = "no ratings" if rated is None else f"mean rating {rating(rated)}"
            hover.append(f"{whole(row['films'])} films, {told}")
            links.append(row["micro_genre_id"])
    trace: Figure = {
        "type": "treemap",
        "ids": ids,
        "labels": labels,
        "parents": parents,
        "values": values,
        "branchvalues": "total",
        "maxdepth": 2,
        "customdata": [list(pair) for pair in zip(hover, links, strict=True)],
        "hovertemplate": "<b>%{label}</b><br>%{customdata[0]}<extra></extra>",
        "textposition": "middle center",
        "pathbar": {"visible": True, "thickness": 26},
        "tiling": {"pad": 2, "packing": "squarify"},
        "marker": {
            "line": {"width": 1, "color": edge},
            "pad": {"t": 24, "l": 2, "r": 2, "b": 2},
            "depthfade": False,
            **({"colors": [hues[place % len(hues)] for place in places]} if hues else {}),
        },
    }
    if hues:
        trace["textfont"] = {"color": [_readable(hues[place % len(hues)]) for place in places]}
    return {"data": [trace], "layout": layout(margin={"l": 0, "r": 0, "t": 4, "b": 0})}


def year_bars(years: Sequence[tuple[int, int]]) -> Figure:
    """Films by year."""
    trace = {
        "type": "bar",
        "x": [year for year, _ in years],
        "y": [films for _, films in years],
        "hovertemplate": "%{x}: %{y:,} films<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": layout(
            bargap=0.12,
            xaxis=axis(tickformat="d", showgrid=False),
            yaxis=axis("films", rangemode="tozero"),
        ),
    }


def rating_bars(bins: Sequence[tuple[float, int]], width: float = 0.5) -> Figure:
    """Films by rating; each bin starts at its first number."""
    trace = {
        "type": "bar",
        "x": [low + width / 2 for low, _ in bins],
        "y": [films for _, films in bins],
        "width": width * 0.92,
        "customdata": [f"{low:g} to {low + width:g}" for low, _ in bins],
        "hovertemplate": "rated %{customdata}: %{y:,} films<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": layout(
            xaxis=axis("rating", range=[0, 10], dtick=2, showgrid=False),
            yaxis=axis("films", rangemode="tozero"),
        ),
    }


def decade_heat(rows: Rows, genres: Rows) -> Figure:
    """Films of micro-genres by decade: each row is one micro-genre, shaded by its own share.

    Parameters
    ----------
    rows : `cluster`, `decade`, `films`.
    genres : the micro-genres to draw, from top to bottom.
    """
    decades = sorted({row["decade"] for row in rows})
    found = {(row["cluster"], row["decade"]): row["films"] for row in rows}
    names, shades, hover = [], [], []
    for genre in genres:
        counts = [found.get((genre["cluster"], decade), 0) for decade in decades]
        total = sum(counts) or 1
        name = chart_text(genre["micro_genre_name"])
        names.append(name if len(name) <= 44 else name[:43].rsplit(" ", 1)[0] + "\u2026")
        shades.append([count / total for count in counts])
        hover.append(
            [
                f"<b>{name}</b><br>{decade}s: {whole(count)} films, {share(count / total)} of all"
                for decade, count in zip(decades, counts, strict=True)
            ]
        )
    trace = {
        "type": "heatmap",
        "x": [f"{decade}s" for decade in decades],
        "y": list(range(len(names))),
        "z": shades,
        "text": hover,
        "hovertemplate": "%{text}<extra></extra>",
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    return {
        "data": [trace],
        "layout": layout(
            xaxis=axis(side="top", showgrid=False, type="category"),
            yaxis=axis(
                autorange="reversed",
                showgrid=False,
                tickvals=list(range(len(names))),
                ticktext=names,
                ticksuffix=" ",
            ),
        ),
    }


def ratings_by_decade(rows: Rows) -> Figure:
    """The mean rating of each decade in the band of its middle half."""
    kept = [row for row in rows if finite(row["mean"]) is not None]
    x = [row["decade"] for row in kept]
    edge = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip", "line": {"width": 0}}
    told = [
        f"{row['decade']}s: mean {rating(row['mean'])}, half of the films between "
        f"{rating(row['low'])} and {rating(row['high'])}; {whole(row['films'])} rated films"
        for row in kept
    ]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": x,
                "text": told,
                "name": "mean",
                "y": [row["mean"] for row in kept],
                "hovertemplate": "%{text}<extra></extra>",
            },
            edge | {"y": [row["low"] for row in kept]},
            edge | {"y": [row["high"] for row in kept], "fill": "tonexty", "fillcolor": _BAND},
        ],
        "layout": layout(
            xaxis=axis(tickvals=x, ticktext=[f"{decade}s" for decade in x], showgrid=False),
            yaxis=axis("rating", rangemode="normal"),
        ),
    }


def rating_scatter(columns: Mapping[str, Sequence[Any]]) -> Figure:
    """Every rated film by year and rating."""
    trace = {
        "type": "scattergl",
        "mode": "markers",
        "x": columns["year"],
        "y": columns["vote_average"],
        "text": [chart_text(title) for title in columns["title"]],
        "customdata": columns["movie_id"],
        "hovertemplate": "<b>%{text}</b><br>%{x}, rated %{y:.1f}<extra></extra>",
        "marker": {"size": 6, "opacity": 0.5},
    }
    return {
        "data": [trace],
        "layout": layout(
            hovermode="closest",
            xaxis=axis(tickformat="d", showgrid=False),
            yaxis=axis("rating", range=[0, 10.2]),
        ),
    }
