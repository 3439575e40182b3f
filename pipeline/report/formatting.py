"""How a value of the report is written on its page: text, numbers, times, safe JSON."""

from __future__ import annotations

import html
import json
import math
import numbers
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = [
    "UNMEASURED",
    "Writer",
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
    "text",
    "whole",
    "wrapped",
]

UNMEASURED = "not measured"
Writer = Callable[[Any], str]  # a value of any type -> plain text, not yet escaped

_SHORT = 8  # characters
_THIN = "\u202f"  # narrow no-break space, between a number and its unit


def finite(value: Any) -> float | None:
    """`value` as a finite float, or None where it is not one (None, text, NaN, a truth value)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _written(value: Any, form: Callable[[float], str]) -> str:
    number = finite(value)
    return plain(value) if number is None else form(number)


def plain(value: Any) -> str:
    """Any value as text: what is missing or not a number reads "not measured"."""
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
    """A count, with commas: `12,345`."""
    return _written(value, lambda number: f"{number:,.0f}")


def decimal(value: Any) -> str:
    """A figure to three decimals, fewer where it is large: `0.312`, `41.6`, `1,204`."""

    def form(number: float) -> str:
        size = abs(number)
        return f"{number:,.{3 if size < 10 else 1 if size < 1000 else 0}f}"

    return _written(value, form).replace("-", "\u2212", 1) if finite(value) else plain(value)


def rating(value: Any) -> str:
    """A mean rating, 0 to 10: `6.8`."""
    return _written(value, lambda number: f"{number:.1f}")


def share(value: Any) -> str:
    """A share of one as a percentage: `97.4 %`."""
    return _written(value, lambda number: f"{number * 100:.1f}".removesuffix(".0") + f"{_THIN}%")


def duration(value: Any) -> str:
    """Seconds as a reader says them: `0.42 s`, `12.3 s`, `3 min 05 s`, `1 h 02 min`."""

    def form(seconds: float) -> str:
        if seconds < 59.95:
            return f"{seconds:.{2 if seconds < 9.995 else 1}f}{_THIN}s"
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return f"{minutes}{_THIN}min {rest:02d}{_THIN}s"
        return f"{minutes // 60}{_THIN}h {minutes % 60:02d}{_THIN}min"

    return _written(value, form)


def items(value: Any) -> str:
    """How many there are, then all of them: `none`, `2: a; b`. A pair is joined by "and"."""
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
    """The value at a dotted path of nested mappings, None where any step is missing."""
    for step in path.split("."):
        if not isinstance(report, Mapping):
            return None
        report = report.get(step)
    return report


def text(value: Any) -> str:
    """`value` as text that is safe in HTML, in an element or in a quoted attribute."""
    # A lone surrogate from a damaged catalogue could not be written to a file as UTF-8.
    sound = plain(value).encode("utf-8", "replace").decode("utf-8")
    return html.escape(sound, quote=True)


def chart_text(value: Any) -> str:
    """`value` as text that Plotly shows as it is: Plotly reads a subset of HTML."""
    return html.escape(plain(value), quote=False)


def wrapped(value: Any, width: int) -> str:
    """`chart_text` in lines of at most `width` characters; long words are cut at hyphens only."""
    # "Sci-Fi" stays whole: the hyphen of a short word is kept from the wrapper.
    words = [w if len(w) > _SHORT else w.replace("-", "\0") for w in plain(value).split()]
    lines = textwrap.wrap(" ".join(words), width, break_long_words=False)
    return "<br>".join(chart_text(line.replace("\0", "-")) for line in lines) or UNMEASURED


def script_json(value: Any) -> str:
    """`value` as JSON that cannot end the script element it stands in.

    Raises
    ------
    ValueError
        where a number is not finite, which is not JSON.
    """
    dumped = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return dumped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
