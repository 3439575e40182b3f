"""Bar and line charts of the report page as Plotly figures.

A figure is a dictionary with `data` and `layout`, or None if there is nothing to draw. A colour
such as "@accent" names a custom property of report.css; report.js replaces it by its value in the
light or dark colour scheme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from pipeline.report.formatting import (
    UNMEASURED,
    bold,
    chart_lines,
    chart_text,
    decimal,
    finite,
    lookup,
    share,
    whole,
)

__all__ = [
    "HOVER",
    "Figure",
    "axis",
    "completeness",
    "k_curve",
    "layout",
    "lengths",
    "sizes",
    "years",
]

Figure = dict[str, Any]
HOVER = "%{customdata}<extra></extra>"  # hover text: the custom data of the point, nothing else

_MANY_BARS = 400  # with more, bars are thinner than a pixel on a phone


def layout(**more: Any) -> dict[str, Any]:
    """Return the layout that all figures share, updated by `more`."""
    shared: dict[str, Any] = {
        "autosize": True,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "@sans", "size": 13, "color": "@ink"},
        "hoverlabel": {
            "bgcolor": "@surface",
            "bordercolor": "@line",
            "font": {"family": "@sans", "size": 13, "color": "@ink"},
            "align": "left",
        },
        "showlegend": False,
        "dragmode": False,
        "uirevision": "kept",  # the zoom survives a change of colours
    }
    return shared | more


def axis(title: str | None = None, **more: Any) -> dict[str, Any]:
    """Return an axis with a faint grid, no frame, space for its labels and no zoom."""
    shared: dict[str, Any] = {
        "automargin": True,
        "fixedrange": True,
        "gridcolor": "@grid",
        "linecolor": "@line",
        "tickfont": {"size": 12, "color": "@muted"},
        "zeroline": False,
    }
    if title:
        shared["title"] = {"text": title, "font": {"size": 12, "color": "@muted"}, "standoff": 8}
    return shared | more


def sizes(genres: Sequence[Mapping[str, Any]]) -> Figure | None:
    """Return the films per micro-genre, largest first, weak films stacked on the others.

    Parameters
    ----------
    genres : sequence of mappings
        Rows of `tables.MICRO_GENRES`.

    Returns
    -------
    dict or None
        A Plotly figure with a line at the median.
    """
    ranked = sorted(genres, key=lambda row: (-(row["films"] or 0), row["cluster"] or 0))
    if not ranked:
        return None
    films = [row["films"] or 0 for row in ranked]
    weak = [min(row["weak_films"] or 0, n) for row, n in zip(ranked, films, strict=True)]
    rank = list(range(1, len(ranked) + 1))
    hover = [
        chart_lines([bold(row["micro_genre_name"]), f"{whole(n)} films, {whole(w)} of them weak"])
        for row, n, w in zip(ranked, films, weak, strict=True)
    ]
    parts = [
        ("not weak", [n - w for n, w in zip(films, weak, strict=True)], "@accent"),
        ("weak", weak, "@accent-soft"),
    ]
    if len(ranked) > _MANY_BARS:
        shape = {"type": "scatter", "mode": "none", "stackgroup": "films", "line": {"shape": "hvh"}}
        data = [shape | {"y": ys, "name": name, "fillcolor": ink} for name, ys, ink in parts]
    else:
        data = [
            {"type": "bar", "y": ys, "name": name, "marker": {"color": ink, "line": {"width": 0}}}
            for name, ys, ink in parts
        ]
    for trace in data:
        trace |= {"x": rank, "customdata": hover, "hovertemplate": HOVER}
    middle = median(films)
    note = {
        "text": f"median {middle:g}",
        "x": 1,
        "xref": "paper",
        "xanchor": "right",
        "y": middle,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12, "color": "@ink"},
    }
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": middle, "y1": middle}
    return {
        "data": data,
        "layout": layout(
            barmode="stack",
            bargap=0.15,
            margin={"l": 8, "r": 8, "t": 32, "b": 8},
            showlegend=True,
            legend={
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "itemclick": False,
                "itemdoubleclick": False,
                "traceorder": "normal",
            },
            xaxis=axis("rank by size", showgrid=False),
            yaxis=axis("films", rangemode="tozero"),
            shapes=[line | {"line": {"color": "@ink", "width": 1, "dash": "dot"}}],
            annotations=[note],
        ),
    }


def completeness(report: Mapping[str, Any]) -> Figure | None:
    """Return the share of films that have each field: bars after cleaning, ticks before."""
    found = lookup(report, "data_quality.completeness")
    if not isinstance(found, Mapping):
        return None
    rows = [
        (
            name.replace("_", " "),
            finite(lookup(both, "kept")),
            finite(lookup(both, "read")),
        )
        for name, both in found.items()
    ]
    rows = [row for row in rows if row[1] is not None or row[2] is not None]
    if not rows:
        return None
    rows.sort(key=lambda row: (row[1] if row[1] is not None else -1.0, row[0]))
    names = [chart_text(row[0]) for row in rows]
    words = [
        chart_lines([bold(n), f"{share(after)} of the films, {share(before)} before cleaning"])
        for n, after, before in rows
    ]
    shown = {"y": names, "customdata": words, "hovertemplate": HOVER}
    tick = {"symbol": "line-ns", "size": 13, "line": {"width": 2, "color": "@ink"}}
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [row[1] for row in rows],
        "name": "after",
        "marker": {"color": "@accent"},
        "width": 0.5,
    }
    ticks = {
        "type": "scatter",
        "mode": "markers",
        "x": [row[2] for row in rows],
        "name": "before",
        "marker": tick,
        "cliponaxis": False,
    }
    return {
        "data": [bars | shown, ticks | shown],
        "layout": layout(
            xaxis=axis(range=[0, 1.005], tickformat=".0%", side="top"),
            yaxis=axis(showgrid=False, tickmode="linear", ticksuffix=" "),
            margin={"l": 8, "r": 14, "t": 8, "b": 8},
        ),
    }


def _columns(x: list[Any], y: list[Any], hover: list[str], width: float) -> Figure:
    return {
        "type": "bar",
        "x": x,
        "y": y,
        "width": width,
        "marker": {"color": "@accent", "line": {"width": 0}},
        "customdata": hover,
        "hovertemplate": HOVER,
    }


def lengths(report: Mapping[str, Any]) -> Figure | None:
    """Return the films by the number of words in their overview; the last bin has no upper end."""
    rows = lookup(report, "data_quality.overview_words")
    bins = [row for row in rows if finite(lookup(row, "from")) is not None] if rows else []
    if not bins:
        return None
    closed = [row["to"] - row["from"] + 1 for row in bins if finite(row.get("to")) is not None]
    step = min(closed, default=10)
    hover = [
        f"{row['from']} words or more: {whole(row.get('films'))} films"
        if row.get("to") is None
        else f"{row['from']} to {row['to']} words: {whole(row.get('films'))} films"
        for row in bins
    ]
    last = max(row["from"] for row in bins)
    first = min(row["from"] for row in bins)
    every = step * max(1, round((last - first) / step / 5))  # about five ticks, at edges of bins
    ticks = [tick for tick in range(0, int(last + step) + 1, int(every)) if tick >= first]
    labels = [f"{t}+" if t == last and bins[-1].get("to") is None else str(t) for t in ticks]
    x = [row["from"] + step / 2 for row in bins]
    data = _columns(x, [finite(row.get("films")) for row in bins], hover, step * 0.9)
    return {
        "data": [data],
        "layout": layout(
            xaxis=axis("words", showgrid=False, tickvals=ticks, ticktext=labels),
            yaxis=axis("films", rangemode="tozero"),
        ),
    }


def years(report: Mapping[str, Any]) -> Figure | None:
    """Return the films by year of release, without the films that have no year."""
    found = lookup(report, "data_quality.years")
    if not isinstance(found, Mapping):
        return None
    known = sorted((int(year), n) for year, n in found.items() if str(year).isdigit())
    if not known:
        return None
    hover = [f"{year}: {whole(n)} films" for year, n in known]
    data = _columns([year for year, _ in known], [finite(n) for _, n in known], hover, 0.9)
    return {
        "data": [data],
        "layout": layout(
            xaxis=axis("year", showgrid=False, tickformat="d"),
            yaxis=axis("films", rangemode="tozero"),
        ),
    }


_PANELS = (  # field, title, path of the k that the panel favours, label of that k
    ("inertia", "Inertia (lower is better)", "k.elbow", "elbow"),
    (
        "silhouette",
        "Simplified silhouette (higher is better)",
        "k.best_silhouette_k",
        "best",
    ),
    ("stability", "Stability (higher is better)", None, None),
)


def k_curve(report: Mapping[str, Any]) -> Figure | None:
    """Return inertia, silhouette and stability over k, in three panels.

    Marks show the chosen k, the elbow of the inertia, and the k with the best silhouette.
    """
    rows = lookup(report, "k.curve")
    points = [row for row in rows if finite(lookup(row, "k")) is not None] if rows else []
    if not points:
        return None
    points = sorted(points, key=lambda row: float(row["k"]))
    ks = [row["k"] for row in points]
    chosen = finite(lookup(report, "k.chosen"))
    data: list[Figure] = []
    notes: list[dict[str, Any]] = []
    height, gap = 0.25, 0.125
    panels = layout(margin={"l": 8, "r": 16, "t": 52, "b": 8})
    for row_index, (field, title, path, mark) in enumerate(_PANELS):
        suffix = "" if row_index == 0 else str(row_index + 1)
        top = 1 - row_index * (height + gap)
        last = row_index == len(_PANELS) - 1
        panels[f"xaxis{suffix}"] = axis(
            "clusters (k)" if last else None,
            anchor=f"y{suffix}",
            showgrid=False,
            showticklabels=last,
            **({} if row_index == 0 else {"matches": "x"}),
        )
        panels[f"yaxis{suffix}"] = axis(
            anchor=f"x{suffix}", domain=[max(top - height, 0), top], nticks=4
        )
        notes.append(
            _note(
                bold(title),
                x=0,
                y=top,
                xref="paper",
                yref="paper",
                xanchor="left",
                yanchor="bottom",
                bgcolor="@paper",
            )
        )
        values = [finite(row.get(field)) for row in points]
        on = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        if all(value is None for value in values):
            notes.append(_note(UNMEASURED, x=0.5, y=top - height / 2, xref="paper", yref="paper"))
            panels[f"yaxis{suffix}"] |= {"showticklabels": False, "showgrid": False}
            # Plotly drops a panel whose trace is empty, and the axis with the title of k with it.
            values = [None] * len(ks)
        data.append(on | _line(ks, values, [_hover(field, row) for row in points]))
        favoured = finite(lookup(report, path)) if path else None
        favoured_value = dict(zip(ks, values, strict=True)).get(favoured)
        if favoured is not None and favoured_value is not None:
            data.append(
                on
                | {
                    "type": "scatter",
                    "mode": "markers",
                    "x": [favoured],
                    "y": [favoured_value],
                    "hoverinfo": "skip",
                    "marker": {
                        "symbol": "circle-open",
                        "size": 15,
                        "color": "@mark",
                        "line": {"width": 2.5},
                    },
                }
            )
            notes.append(
                _note(
                    f"{mark} {favoured:g}",
                    x=favoured,
                    y=favoured_value,
                    **_on_axes(on),
                    yanchor="bottom",
                    yshift=10,
                )
            )
    if chosen is not None:
        dash = {"color": "@ink", "width": 1.5, "dash": "dash"}
        panels["shapes"] = [
            {
                "type": "line",
                "x0": chosen,
                "x1": chosen,
                "y0": 0,
                "y1": 1.03,
                "yref": "paper",
                "layer": "below",
                "line": dash,
            }
        ]
        notes.append(
            _note(
                bold(f"chosen {chosen:g}"),
                x=chosen,
                y=1,
                yref="paper",
                yanchor="bottom",
                yshift=20,
            )
        )
    return {"data": data, "layout": panels | {"annotations": notes}}


def _on_axes(trace_axes: Mapping[str, str]) -> dict[str, str]:
    """The references of an annotation on the axes of a trace."""
    return {"xref": trace_axes["xaxis"], "yref": trace_axes["yaxis"]}


def _hover(field: str, row: Mapping[str, Any]) -> str:
    lines = [bold(f"k = {whole(row['k'])}"), f"{field} {decimal(row.get(field))}"]
    gain = finite(row.get("relative_gain"))
    if field == "inertia" and gain:
        lines.append(f"relative gain {share(gain)}")
    return chart_lines(lines)


def _line(x: list[Any], y: list[float | None], hover: list[str]) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "connectgaps": True,
        "x": x,
        "y": y,
        "line": {"color": "@accent", "width": 2},
        "marker": {"color": "@accent", "size": 6},
        "customdata": hover,
        "hovertemplate": HOVER,
    }


def _note(words: str, **place: Any) -> dict[str, Any]:
    return {"text": words, "showarrow": False, "font": {"size": 12, "color": "@ink"}} | place
