"""The chart behind the choice of k: inertia, silhouette, stability over k, as a Plotly figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.page_charts import Figure, axis, layout
from pipeline.page_values import UNMEASURED, decimal, finite, lookup, share, whole

__all__ = ["k_curve"]

_PANELS = (  # field, title, the k that the panel argues for, its name, gap to the next
    ("inertia", "Inertia (lower is tighter)", "k.elbow", "elbow"),
    ("silhouette", "Simplified silhouette (higher is clearer)", "k.best_silhouette_k", "best"),
    ("stability", "Stability (higher repeats better)", None, None),
)


def k_curve(report: Mapping[str, Any]) -> Figure | None:
    """Inertia, silhouette and stability over k in three panels; chosen k, elbow and best marked."""
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
    whole_layout = layout(margin={"l": 8, "r": 16, "t": 52, "b": 8})
    for row_index, (field, title, path, mark) in enumerate(_PANELS):
        suffix = "" if row_index == 0 else str(row_index + 1)
        top = 1 - row_index * (height + gap)
        last = row_index == len(_PANELS) - 1
        whole_layout[f"xaxis{suffix}"] = axis(
            "micro-genres (k)" if last else None, anchor=f"y{suffix}", showgrid=False,
            showticklabels=last, **({} if row_index == 0 else {"matches": "x"}),
        )  # fmt: skip
        whole_layout[f"yaxis{suffix}"] = axis(
            anchor=f"x{suffix}", domain=[max(top - height, 0), top], nticks=4
        )
        notes.append(_note(f"<b>{title}</b>", x=0, y=top, xref="paper", yref="paper",
                           xanchor="left", yanchor="bottom", bgcolor="@paper"))  # fmt: skip
        values = [finite(row.get(field)) for row in points]
        on = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        if all(value is None for value in values):
            notes.append(_note(UNMEASURED, x=0.5, y=top - height / 2, xref="paper", yref="paper"))
            whole_layout[f"yaxis{suffix}"] |= {"showticklabels": False, "showgrid": False}
            # An empty trace would drop the panel, and with it the axis that names k.
            values = [None] * len(ks)
        data.append(on | _line(ks, values, [_hover(field, row) for row in points]))
        argued = finite(lookup(report, path)) if path else None
        height_there = dict(zip(ks, values, strict=True)).get(argued)
        if argued is not None and height_there is not None:
            data.append(on | {
                "type": "scatter", "mode": "markers", "x": [argued], "y": [height_there],
                "hoverinfo": "skip",
                "marker": {"symbol": "circle-open", "size": 15, "color": "@mark",
                           "line": {"width": 2.5}},
            })  # fmt: skip
            notes.append(_note(f"{mark} {argued:g}", x=argued, y=height_there, **_on_axes(on),
                               yanchor="bottom", yshift=10))  # fmt: skip
    if chosen is not None:
        dash = {"color": "@ink", "width": 1.5, "dash": "dash"}
        whole_layout["shapes"] = [
            {"type": "line", "x0": chosen, "x1": chosen, "y0": 0, "y1": 1.03, "yref": "paper",
             "layer": "below", "line": dash}
        ]  # fmt: skip
        notes.append(_note(f"<b>chosen {chosen:g}</b>", x=chosen, y=1, yref="paper",
                           yanchor="bottom", yshift=20))  # fmt: skip
    return {"data": data, "layout": whole_layout | {"annotations": notes}}


def _on_axes(trace_axes: Mapping[str, str]) -> dict[str, str]:
    """The references of an annotation that stands on the axes of a trace."""
    return {"xref": trace_axes["xaxis"], "yref": trace_axes["yaxis"]}


def _hover(field: str, row: Mapping[str, Any]) -> str:
    words = f"<b>k = {whole(row['k'])}</b><br>{field} {decimal(row.get(field))}"
    gain = finite(row.get("relative_gain"))
    return f"{words}<br>relative gain {share(gain)}" if field == "inertia" and gain else words


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
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _note(words: str, **place: Any) -> dict[str, Any]:
    return {"text": words, "showarrow": False, "font": {"size": 12, "color": "@ink"}} | place
