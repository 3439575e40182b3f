"""Formats values of a report as text: numbers, shares, durations, lists, chart labels, JSON."""

from __future__ import annotations

import html
import json
import math
import numbers
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

__all__ = [
    "UNMEASURED",
    "Writer",
    "bold",
    "chart_lines",
    "chart_text",
    "decimal",
    "duration",
    "finite",
    "items",
    "lookup",
    "plain",
    "rating",
    "script_json",
    "share",
    "whole",
    "wrapped",
]

UNMEASURED = "not measured"
Writer = Callable[[Any], str]  # formats a value of any type as plain text, not yet escaped

_SHORT = 8  # characters
_THIN = "\u202f"  # narrow no-break space, between a number and its unit


def finite(value: Any) -> float | None:
    """Return `value` as a float, None if it is not a finite number (also for `True` and `False`).

    Examples
    --------
    >>> finite(3), finite(float("nan")), finite("3"), finite(True)
    (3.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _written(value: Any, form: Callable[[float], str]) -> str:
    number = finite(value)
    return plain(value) if number is None else form(number)


def plain(value: Any) -> str:
    """Return any value as text; a missing value or NaN gives "not measured".

    Examples
    --------
    >>> plain(1204), plain(0.25), plain(None), plain(["War", "Epic"])
    ('1,204', '0.250', 'not measured', 'War, Epic')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    number = finite(value)
    if number is not None:
        return whole(number) if number.is_integer() else decimal(number)
    if value is None or value == "" or isinstance(value, numbers.Real):
        return UNMEASURED
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ", ".join(plain(item) for item in value) or "none"
    return json.dumps(value, default=str, sort_keys=True)


def whole(value: Any) -> str:
    """Return a count with commas: `12,345`."""
    return _written(value, lambda number: f"{number:,.0f}")


def decimal(value: Any) -> str:
    """Return a number with three decimals, or fewer if it is large.

    Examples
    --------
    >>> decimal(0.31249), decimal(41.62), decimal(1204.4)
    ('0.312', '41.6', '1,204')
    """

    def form(number: float) -> str:
        size = abs(number)
        return f"{number:,.{3 if size < 10 else 1 if size < 1000 else 0}f}"

    return _written(value, form).replace("-", "\u2212", 1) if finite(value) else plain(value)


def rating(value: Any) -> str:
    """Return a mean rating, 0 to 10: `6.8`."""
    return _written(value, lambda number: f"{number:.1f}")


def share(value: Any) -> str:
    """Return a share, 0 to 1, as a percentage: `97.4 %`."""
    return _written(value, lambda number: f"{number * 100:.1f}".removesuffix(".0") + f"{_THIN}%")


def duration(value: Any) -> str:
    """Return seconds with fitting units: `0.42 s`, `12.3 s`, `3 min 05 s`, `1 h 02 min`."""

    def form(seconds: float) -> str:
        if seconds < 59.95:
            return f"{seconds:.{2 if seconds < 9.995 else 1}f}{_THIN}s"
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return f"{minutes}{_THIN}min {rest:02d}{_THIN}s"
        return f"{minutes // 60}{_THIN}h {minutes % 60:02d}{_THIN}min"

    return _written(value, form)


def items(value: Any) -> str:
    """Return the number of items of a list, and the items; a pair is joined by "and".

    Examples
    --------
    >>> items([]), items([["War Epic", "Epic War"], "x"])
    ('none', '2: War Epic and Epic War; x')
    """
    if value is None or isinstance(value, str) or not isinstance(value, Sequence):
        return plain(value)
    if not value:
        return "none"
    parts = [
        " and ".join(plain(part) for part in item)
        if isinstance(item, list | tuple)
        else plain(item)
        for item in value
    ]
    return f"{len(parts):,}: " + "; ".join(parts)


def lookup(report: Any, path: str) -> Any:
    """Return the value at a dotted path of nested mappings, None if any step is missing.

    Examples
    --------
    >>> lookup({"k": {"chosen": 30}}, "k.chosen"), lookup({}, "k.chosen")
    (30, None)
    """
    for step in path.split("."):
        if not isinstance(report, Mapping):
            return None
        report = report.get(step)
    return report


def chart_text(value: Any) -> str:
    """Return `value` escaped for Plotly, whose texts are a subset of HTML."""
    return html.escape(plain(value), quote=False)


def bold(value: Any) -> str:
    """Return `value` as bold text in a chart, escaped."""
    return f"<b>{chart_text(value)}</b>"


def chart_lines(lines: Iterable[str]) -> str:
    """Return lines of chart text, already escaped, as one text of a chart."""
    return "<br>".join(lines)


def wrapped(value: Any, width: int) -> str:
    """Return `chart_text` in lines of at most `width` characters; words break only at hyphens.

    Examples
    --------
    >>> wrapped("Post-Apocalyptic Sci-Fi & War", 12)
    'Post-<br>Apocalyptic<br>Sci-Fi &amp; War'
    """
    # The hyphen of a short word such as "Sci-Fi" is hidden from the wrapper, so it does not break.
    words = [w if len(w) > _SHORT else w.replace("-", "\0") for w in plain(value).split()]
    lines = textwrap.wrap(" ".join(words), width, break_long_words=False)
    return chart_lines(chart_text(line.replace("\0", "-")) for line in lines) or UNMEASURED


def script_json(value: Any) -> str:
    """Return `value` as JSON that is safe inside a script element of an HTML page.

    Raises
    ------
    ValueError
        If a number is not finite, which JSON does not allow.

    Examples
    --------
    >>> print(script_json("</script>"))
    "\\u003c/script\\u003e"
    """
    dumped = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return dumped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
