"""Charts of the quality: measures by the number of clusters k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.formatting import decimal, finite
from serve.explorer.charts.plotly import Figure, axis, band, figure, line

__all__ = ["k_chart"]


def k_chart(curve: Sequence[Mapping[str, Any]], name: str, title: str, chosen: Any) -> Figure:
    """Return a measure by k, with its interval where the release has one.

    Parameters
    ----------
    curve : sequence of mapping
        Points of `report.json` under `k.curve`; `NAME_low` and `NAME_high` are the interval.
    name : str
        The measure, such as "stability".
    title : str
        Title of the axis.
    chosen : int or None
        The k of the release, marked by a vertical line.
    """
    points = [point for point in curve if finite(point.get(name)) is not None]
    last = max((point["k"] for point in curve), default=1)
    ks = [point["k"] for point in points]
    texts = [
        f"k = {point['k']}: {decimal(point[name])}"
        + (
            f" ({decimal(point[f'{name}_low'])} to {decimal(point[f'{name}_high'])})"
            if finite(point.get(f"{name}_low")) is not None
            else ""
        )
        for point in points
    ]
    ends = [[finite(point.get(f"{name}_{end}")) for point in points] for end in ("low", "high")]
    mark: list[Figure] = []
    if finite(chosen) is not None:
        mark = [
            {
                "type": "line",
                "x0": chosen,
                "x1": chosen,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"dash": "dot", "width": 2},
            }
        ]
    return figure(
        [*band(0, ks, *ends), line(0, ks, [point[name] for point in points], texts)],
        xaxis=axis("k, number of clusters", range=[0, 1.05 * last]),
        yaxis=axis(title, range=[0, 1]) if name == "stability" else axis(title),
        shapes=mark,
    )
