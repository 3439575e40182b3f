"""Parts that all charts share, and the address of plotly.js."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

__all__ = ["DASHES", "SYMBOLS", "Figure", "axis", "band", "figure", "line", "routes", "style_ids"]

Figure = dict[str, Any]

# Lines differ by colour (set by the module, from the style sheet), symbol and dash.
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_DAY = 86_400  # seconds


def axis(title: str = "", **more: Any) -> Figure:
    """Return an axis without zoom, with `more` settings of Plotly."""
    shared: Figure = {"automargin": True, "fixedrange": True, "zeroline": False}
    if title:
        shared["title"] = {"text": title, "standoff": 8}
    return shared | more


def figure(traces: Sequence[Figure], **layout: Any) -> Figure:
    """Return a figure; the module adds colours and fonts.

    Parameters
    ----------
    traces : sequence of dict
        Traces of Plotly. `meta.series` is the number of their colour.
    **layout
        Settings of the layout, such as `xaxis`.
    """
    shared: Figure = {
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
    }
    return {"data": list(traces), "layout": shared | layout}


def line(
    series: int,
    x: Sequence[Any],
    y: Sequence[float | None],
    texts: Sequence[str],
    hollow: Sequence[bool] = (),
) -> Figure:
    """Return a line with markers.

    Parameters
    ----------
    series : int
        Number of the line, from 0, for its colour, symbol and dash.
    x, y : sequence
        The points; None is a gap.
    texts : sequence of str
        What the label of each point says.
    hollow : sequence of bool
        Points with an empty symbol; empty for none.
    """
    symbol = SYMBOLS[series % len(SYMBOLS)]
    marks = [f"{symbol}-open" if empty else symbol for empty in hollow] or symbol
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(x),
        "y": list(y),
        "text": list(texts),
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"dash": DASHES[series % len(DASHES)], "width": 2},
        "marker": {"symbol": marks, "size": 9},
        "meta": {"series": series},
    }


def band(
    series: int, x: Sequence[Any], low: Sequence[float | None], high: Sequence[float | None]
) -> list[Figure]:
    """Return an interval as a filled band: two lines without width, parted at gaps.

    Parameters
    ----------
    series : int
        Number of the line whose interval this is.
    x : sequence
        The points.
    low, high : sequence of float or None
        Ends of the interval; None is a gap.
    """
    bands: list[Figure] = []
    for part in _without_gaps(low, high):
        edge: Figure = {
            "type": "scatter",
            "mode": "lines",
            "x": list(x[part]),
            "hoverinfo": "skip",
            "line": {"width": 0},
            "meta": {"series": series, "band": True},
        }
        bands.append(edge | {"y": list(low[part])})
        bands.append(edge | {"y": list(high[part]), "fill": "tonexty"})
    return bands


def _without_gaps(low: Sequence[float | None], high: Sequence[float | None]) -> list[slice]:
    """Return the runs of points that have both ends."""
    runs: list[slice] = []
    start: int | None = None
    for at, ends in enumerate([*zip(low, high, strict=True), (None, None)]):
        if None in ends:
            if start is not None:
                runs.append(slice(start, at))
            start = None
        elif start is None:
            start = at
    return runs


@cache
def _script() -> Path:
    found = find_spec("plotly")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package plotly is not installed: pip install plotly")
    return Path(found.origin).parent / "package_data" / "plotly.min.js"


@cache
def style_ids() -> tuple[str, ...]:
    """Return the ids of the style elements that plotly.js adds when it is loaded.

    It adds none where the page has an element with the id. The Content-Security-Policy refuses
    these styles, which are those of its maps; the explorer has no such map.
    """
    found = re.findall(r'getElementById\("([0-9a-f]{64})"\)', _script().read_text("utf-8"))
    return tuple(dict.fromkeys(found))


@cache
def _compressed() -> bytes:
    """Return plotly.js compressed to less than a third of its 4.8 MB."""
    return gzip.compress(_script().read_bytes(), 6)


def plotly_script(request: Request) -> Response:
    """Return plotly.js out of the installed package; browsers keep it for a day."""
    headers = {"Cache-Control": f"max-age={_DAY}", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(_compressed(), media_type="text/javascript", headers=headers)
    return FileResponse(_script(), media_type="text/javascript", headers=headers)


routes = [Route("/plotly.js", plotly_script)]
