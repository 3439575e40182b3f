"""The charts of the explorer as Plotly figures.

A trace without a colour takes the next colour of the theme. Families are therefore always in order
of size and have the same colours in the light and the dark theme.
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
    "rating_scatter",
    "ratings_by_decade",
    "theme_background",
    "theme_colours",
    "treemap",
    "year_bars",
]

Rows = Sequence[Mapping[str, Any]]
Figure = dict[str, Any]  # a part of a Plotly figure as JSON

_BAND = "rgba(128, 144, 160, 0.28)"  # visible on light and dark backgrounds
_CONFIG = {"displayModeBar": False, "responsive": True, "doubleClick": "reset"}


def treemap(genres: Rows, colours: Sequence[str], border: str | None = None) -> Figure:
    """Return a treemap of families and their micro-genres; the area is the number of films.

    Parameters
    ----------
    genres : sequence of mappings
        Rows of `Catalogue.micro_genres`.
    colours : sequence of str
        Colours of the families, `#rrggbb`, in order of their size; they repeat if there are more
        families. Empty for the colours of the theme.
    border : str or None
        Colour between tiles.
    """
    family_numbers: list[int] = []
    ids, labels, parents, values, hover = [], [], [], [], []
    for number, (family, rows) in enumerate(order(genres)):
        total = sum(row["films"] for row in rows)
        ids.append(f"f{number}")
        labels.append(chart_text(family))
        parents.append("")
        values.append(total)
        hover.append(f"{whole(total)} films in {len(rows)} micro-genres")
        family_numbers.extend([number] * (1 + len(rows)))
        for row in rows:
            ids.append(str(row["cluster"]))
            labels.append(wrapped(row["micro_genre_name"], 22))
            parents.append(f"f{number}")
            values.append(row["films"])
            mean = finite(row["vote_average"])
            ratings = "no ratings" if mean is None else f"mean rating {rating(mean)}"
            hover.append(f"{whole(row['films'])} films, {ratings}")
    tile_colours = [colours[number % len(colours)] for number in family_numbers] if colours else []
    trace: Figure = {
        "type": "treemap",
        "ids": ids,
        "labels": labels,
        "parents": parents,
        "values": values,
        "branchvalues": "total",
        "maxdepth": 2,
        "customdata": hover,
        "hovertemplate": "<b>%{label}</b><br>%{customdata}<extra></extra>",
        "textposition": "middle center",
        "pathbar": {"visible": True, "thickness": 26},
        "tiling": {"pad": 2, "packing": "squarify"},
        "marker": {
            "line": {"width": 1, "color": border},
            "pad": {"t": 24, "l": 2, "r": 2, "b": 2},
            "depthfade": False,
        },
    }
    if tile_colours:
        trace["marker"]["colors"] = tile_colours
        trace["textfont"] = {"color": [_text_colour(colour) for colour in tile_colours]}
    return {"data": [trace], "layout": layout(margin={"l": 0, "r": 0, "t": 4, "b": 0})}


def _text_colour(background: str) -> str:
    """Return black or white, whichever has more contrast (WCAG 2.2, relative luminance)."""
    parts = [int(background[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if luminance < 0.179 else "#101214"


def year_bars(years: Sequence[tuple[int, int]]) -> Figure:
    """Return a bar chart of pairs (year, number of films)."""
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


def decade_heat(rows: Rows, genres: Rows) -> Figure:
    """Return a heat map of films by micro-genre and decade, each row shaded by its own shares.

    Parameters
    ----------
    rows : sequence of mappings
        Rows of `Trends.films_by("decade")`.
    genres : sequence of mappings
        The micro-genres, from top to bottom.
    """
    decades = sorted({row["decade"] for row in rows})
    films = {(row["cluster"], row["decade"]): row["films"] for row in rows}
    names, shares, hover = [], [], []
    for genre in genres:
        counts = [films.get((genre["cluster"], decade), 0) for decade in decades]
        total = sum(counts) or 1
        name = chart_text(genre["micro_genre_name"])
        names.append(name if len(name) <= 44 else name[:43].rsplit(" ", 1)[0] + "\u2026")
        shares.append([count / total for count in counts])
        hover.append(
            [
                f"<b>{name}</b><br>{decade}s: {whole(count)} films, {share(count / total)} of its "
                "films"
                for decade, count in zip(decades, counts, strict=True)
            ]
        )
    trace = {
        "type": "heatmap",
        "x": [f"{decade}s" for decade in decades],
        "y": list(range(len(names))),
        "z": shares,
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
    """Return the mean rating of each decade, with a band from the first to the third quartile.

    Parameters
    ----------
    rows : sequence of mappings
        Rows of `Trends.ratings_by_decade`.
    """
    rated = [row for row in rows if finite(row["mean"]) is not None]
    x = [row["decade"] for row in rated]
    edge = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip", "line": {"width": 0}}
    hover = [
        f"{row['decade']}s: mean {rating(row['mean'])}, half of the films between "
        f"{rating(row['low'])} and {rating(row['high'])}; {whole(row['films'])} rated films"
        for row in rated
    ]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": x,
                "text": hover,
                "name": "mean",
                "y": [row["mean"] for row in rated],
                "hovertemplate": "%{text}<extra></extra>",
            },
            edge | {"y": [row["low"] for row in rated]},
            edge | {"y": [row["high"] for row in rated], "fill": "tonexty", "fillcolor": _BAND},
        ],
        "layout": layout(
            xaxis=axis(tickvals=x, ticktext=[f"{decade}s" for decade in x], showgrid=False),
            yaxis=axis("rating", rangemode="normal"),
        ),
    }


def rating_scatter(columns: Mapping[str, Sequence[Any]]) -> Figure:
    """Return rated films by year and rating, from the columns of `Trends.year_and_rating`."""
    trace = {
        "type": "scattergl",
        "mode": "markers",
        "x": columns["year"],
        "y": columns["vote_average"],
        "text": [chart_text(title) for title in columns["title"]],
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


def draw(figure: Figure, *, alt: str, key: str, height: int) -> None:
    """Show a figure on the page.

    Parameters
    ----------
    figure : dict
        A figure with `data` and `layout`.
    alt : str
        What the figure shows, in words, for screen readers.
    key : str
        Unique key of this element on the page.
    height : int
        Height in pixels.
    """
    from plotly.graph_objects import Figure as PlotlyFigure

    if colours := theme_colours():
        figure["layout"] |= {"colorway": colours}
    st.plotly_chart(
        PlotlyFigure(figure),  # has the template that applies the theme to the chart
        key=key,
        height=height,
        theme="streamlit",
        config=_CONFIG,
        alt=alt,
    )


def theme_colours() -> list[str]:
    """Return the colours of families in the visitor's theme; empty if the theme sets none."""
    theme = st.context.theme.type or "light"
    return list(st.get_option(f"theme.{theme}.chartCategoricalColors") or [])


def theme_background() -> str | None:
    """Return the background colour of the visitor's theme."""
    found = st.get_option(f"theme.{st.context.theme.type or 'light'}.backgroundColor")
    return str(found) if found else None


def axis(title: str | None = None, **more: Any) -> Figure:
    """Return an axis without zoom and zero line, with `more` settings of Plotly."""
    shared: Figure = {"automargin": True, "fixedrange": True, "zeroline": False}
    if title:
        shared["title"] = {"text": title, "standoff": 8}
    return shared | more


def layout(**more: Any) -> Figure:
    """Return the layout of all charts, transparent and without legend, with `more` settings."""
    shared: Figure = {
        "margin": {"l": 4, "r": 4, "t": 8, "b": 4},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {"align": "left"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    return shared | more
