"""Chart of the checks of a recommender: one figure over time, with its normal range."""

from __future__ import annotations

from collections.abc import Sequence

from serve.explorer.charts.plotly import Figure, axis, figure, line
from serve.explorer.monitoring import Check, CheckedFigure

__all__ = ["checks_chart"]


def checks_chart(checks: Sequence[Check], shown: CheckedFigure, limit: float | None) -> Figure:
    """Return a figure over the weeks; values beyond the limit have a hollow mark.

    Parameters
    ----------
    checks : sequence of Check
        Oldest first.
    shown : CheckedFigure
        The figure.
    limit : float or None
        Largest normal value, drawn as a dotted line; of a relative change also the smallest.
    """
    values = [check.values[shown.name] for check in checks]
    texts = [
        f"week of {check.week}: {shown.write(value)}<br>{check.ratings:,} ratings"
        for check, value in zip(checks, values, strict=True)
    ]
    beyond = [shown.name in check.beyond for check in checks]
    limits = [] if limit is None else [limit, -limit] if shown.unit == "%" else [limit]
    marks = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": end,
            "y1": end,
            "line": {"dash": "dot", "width": 2},
        }
        for end in limits
    ]
    known = [abs(value) for value in [*values, limit] if value is not None]
    top = 1.15 * max(known, default=1.0) or 1.0
    form = ".0%" if shown.unit == "%" else ""
    return figure(
        [line(0, [check.week for check in checks], values, texts, beyond)],
        xaxis=axis("week", type="category", showgrid=False),
        yaxis=axis(
            f"{shown.label}{', stars' if shown.unit == 'stars' else ''}",
            range=[-top if shown.unit == "%" else 0, top],
            tickformat=form,
        ),
        shapes=marks,
    )
