"""Parser of dates of release in the notations of many catalogues and languages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal

from pipeline.sources.parsing.dates.numerals import (
    MONTHS_A_YEAR,
    SLASHES,
    Parts,
    century,
    in_digits,
    of_number,
)
from pipeline.sources.parsing.dates.years import DIGITS, WITHIN
from pipeline.sources.parsing.literals import CellError, is_missing, is_null, plain
from pipeline.sources.parsing.numbers import exact
from pipeline.sources.parsing.words import DATE_FILLERS, MONTHS, YEAR_QUALIFIERS, fold

__all__ = ["date", "date_order", "prefers_day_first"]

_BRACKETS = re.compile(
    r"\s*[(\[].*$", re.DOTALL
)  # "(India)", and dates of other countries behind it
_RANGE = re.compile(
    r"\s+(?:to|bis|au|until|till)\s+.*$|\s+-\s+.*$|\s*[;|~].*$|\s+/\s+.*$", re.DOTALL
)
_TIME = re.compile(r"[T\s,]*\b\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:\s*[ap]\.?m\b\.?)?", re.I | re.A)
_OFFSET = re.compile(r"\s(?:GMT|UTC|Z)?\s*[+-]\d{2}:?\d{2}\b", re.ASCII)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_LONGEST = 240  # characters of a date with days of the week, and dates of other countries


def date(
    value: object, *, pivot: int, near: int | None = None, day_first: bool = False
) -> tuple[str | None, int | None]:
    """Return the date of a cell and its year.

    Parameters
    ----------
    value : object
        A date, a moment as a number of seconds or milliseconds since 1970, or text: digits in the
        order of ISO 8601, `DD-MM-YYYY`, `DD.MM.YYYY`, `M/D/YYYY` or `M/D/YY`, or the month by its
        name ("14 Oct 1994 (India)", "14. Oktober 1994", "1994年10月14日"). With slashes the month
        comes first unless it would exceed 12.
    pivot : int
        Two-digit years above it are 19xx, the others 20xx.
    near : int, optional
        Year of the row's own year column; it decides the century instead of `pivot`.
    day_first : bool
        Whether the day comes first in dates with slashes; see `prefers_day_first`.

    Returns
    -------
    date : str or None
        ISO 8601; None if only the year or month is known.
    year : int or None
        None if the cell is missing.

    Raises
    ------
    CellError
        If the value is not a date.

    Examples
    --------
    >>> date("5/29/63", pivot=30)
    ('1963-05-29', 1963)
    >>> date("14 Oct 1994 (India)", pivot=30), date("1994-10-00", pivot=30)
    (('1994-10-14', 1994), (None, 1994))
    """
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return value.isoformat(), value.year
    if is_missing(value):
        return None, None
    if isinstance(value, str):
        parts = _read(plain(value), pivot, near, day_first)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        parts = of_number(exact(value, decimal_comma=False))
    else:
        raise CellError("is not a date")
    if parts is None:
        known = isinstance(value, str) and is_null(value)
        raise CellError("says that it is unknown" if known else "is not a date")
    return _iso(*parts)


def _iso(y: int, m: int, d: int) -> tuple[str | None, int | None]:
    if not y:
        return None, None
    if m > MONTHS_A_YEAR >= d:
        m, d = d, m
    if not m or not d:
        return None, y
    try:
        return dt.date(y, m, d).isoformat(), y
    except ValueError as error:
        raise CellError("is not a date of the calendar") from error


def _read(cell: str, pivot: int, near: int | None, day_first: bool) -> Parts | None:
    if len(cell) > _LONGEST:
        return None
    if cell.startswith("0000"):
        return 0, 0, 0
    if DIGITS.fullmatch(cell):
        return of_number(Decimal(cell))
    if parts := in_digits(cell, pivot, near, day_first):
        return parts
    head = _BRACKETS.sub("", cell) or cell.strip("()[] ")
    shorter = _RANGE.sub("", head)
    for candidate in dict.fromkeys((head, shorter)):
        parts = in_digits(candidate, pivot, near, day_first) or _by_name(candidate, pivot, near)
        if parts is not None:
            return parts
    return _year_only(head)


def _by_name(cell: str, pivot: int, near: int | None) -> Parts | None:
    """Return the parts of a date with the name of its month, in any order, else None."""
    if not any(c.isalpha() for c in cell):
        return None
    cell = _OFFSET.sub("", _TIME.sub(" ", cell))
    months: list[int] = []
    figures: list[str] = []
    for token in _TOKEN.findall(fold(cell)):
        if token[0].isdigit():
            figures.append(token)
        elif (month := MONTHS.get(token)) and not (months and token in DATE_FILLERS):
            months.append(month)
        elif token not in DATE_FILLERS:
            return None
    if len(months) > 1 and "mar" in fold(cell).split()[0]:  # "mar. 14 oct.": a Tuesday
        months = months[1:]
    if len(months) != 1 or not 1 <= len(figures) <= len("dy"):
        return None
    years = [f for f in figures if len(f) == len("1994")]
    days = [int(f) for f in figures if len(f) <= len("14")]
    if len(years) == 1 and len(days) == len(figures) - 1:
        return int(years[0]), months[0], days[0] if days else 0
    if len(days) == len("dy") and len(figures[1]) == len("94"):
        return century(days[1], pivot, near), months[0], days[0]
    return None


def _year_only(cell: str) -> Parts | None:
    """Return the year of text such as "Q4 1994" or "Summer 1994", else None."""
    if not all(t[0].isdigit() or t in YEAR_QUALIFIERS for t in _TOKEN.findall(fold(cell))):
        return None
    match = WITHIN.search(cell)
    return (int(match[1]), 0, 0) if match else None


def date_order(cells: Iterable[object]) -> str:
    """Return which part comes first in the dates with slashes of a column, as far as they show.

    Returns
    -------
    str
        "day" where at least one first number exceeds 12 and no second number does; "month" where a
        second number does; "unclear" where the numbers show neither; "" without such dates.

    Examples
    --------
    >>> date_order(["3/4/1994", "14/10/1994"]), date_order(["3/4/1994", "10/14/1994"])
    ('day', 'month')
    >>> date_order(["3/4/1994"]), date_order(["5/5/1994", "1994"])
    ('unclear', '')
    """
    day, unclear = False, False
    for cell in cells:
        if isinstance(cell, str) and "/" in cell and (match := SLASHES.match(cell.strip())):
            first, second = int(match[1]), int(match[2])
            if second > MONTHS_A_YEAR:
                return "month"
            day = day or first > MONTHS_A_YEAR
            unclear = unclear or first != second
    return "day" if day else "unclear" if unclear else ""


def prefers_day_first(cells: Iterable[object]) -> bool:
    """Return whether the day comes first in the dates with slashes of a column; see `date_order`.

    Examples
    --------
    >>> prefers_day_first(["3/4/1994", "14/10/1994"]), prefers_day_first(["3/4/1994", "10/14/1994"])
    (True, False)
    """
    return date_order(cells) == "day"
