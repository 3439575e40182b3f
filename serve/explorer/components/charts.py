"""The charts of the explorer as Plotly figures `{"data", "layout"}`; colours come with the theme.

A trace without a colour of its own takes the next one of the theme, so families are always drawn
in the order of their size and keep their colour in light and in dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pipeline.report.charts_map import order
from pipeline.report.formatting import chart_text, finite, rating, share, whole, wrapped

__all__ = [
    "Figure",
    "axis",
    "decade_heat",
    "draw",
    "layout",
    "rating_bars",
    "rating_scatter",
    "ratings_by_decade",
    "theme_hues",
    "theme_paper",
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


Figure = dict[str, Any]


_CONFIG = {"displayModeBar": False, "responsive": True, "doubleClick": "reset"}


def draw(figure: Figure, *, alt: str, key: str, height: int, **more: Any) -> Any:
    """Show a figure; `alt` says in words what it shows. Returns what was selected in it."""
    from plotly.graph_objects import Figure as PlotlyFigure

    if hues := theme_hues():
        figure["layout"] |= {"colorway": hues}
    return st.plotly_chart(
        PlotlyFigure(figure),  # carries the template through which the theme reaches the chart
        key=key,
        height=height,
        theme="streamlit",
        config=_CONFIG | more.pop("config", {}),
        alt=alt,
        **more,
    )


def theme_hues() -> list[str]:
    """The families' colours in the reader's theme; none where no theme was configured."""
    theme = st.context.theme.type or "light"
    return list(st.get_option(f"theme.{theme}.chartCategoricalColors") or [])


def theme_paper() -> str | None:
    """The colour of the page in the reader's theme."""
    found = st.get_option(f"theme.{st.context.theme.type or 'light'}.backgroundColor")
    return str(found) if found else None


def axis(title: str | None = None, **more: Any) -> Figure:
    """A quiet axis that is not zoomed by accident."""
    shared: Figure = {"automargin": True, "fixedrange": True, "zeroline": False}
    if title:
        shared["title"] = {"text": title, "standoff": 8}
    return shared | more


def layout(**more: Any) -> Figure:
    """What all charts share: narrow margins, nothing that hides the page, no legend."""
    shared: Figure = {
        "margin": {"l": 4, "r": 4, "t": 8, "b": 4},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {"align": "left"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    return shared | more
