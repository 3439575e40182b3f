"""Parsers of dates and years of release in the notations of many catalogues."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from pipeline.sources.parsing.cells import count
from pipeline.sources.parsing.literals import CellError, is_null

__all__ = ["date", "prefers_day_first", "year"]

_ROMAN = re.compile(r"\(?[IVXL]+\)?")  # IMDb numbers films of the same title and year with these
_YEAR = re.compile(
    r"[\s(]*(?:[IVXL]+[\s()]+)?(\d{4})[\s)]*(?:[-\u2013]\s*\d{0,4}[\s)]*)?(?:TV Movie|Video)?\)?"
)
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ][\d:.+Zz -]*)?(?:UTC)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-.](\d{1,2})[-.](\d{4})")
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})")
_YEAR_MONTH = re.compile(r"(\d{4})(?:-\d{1,2})?")
_INT32, _MONTHS = 2**31, 12


def year(value: object) -> int | None:
    """Return the year from `2009`, `2009.0`, `"(2009)"`, `"I 2009"`, `"2009-2011"` or a date.

    Raises
    ------
    CellError
        If the value is not a year.

    Examples
    --------
    >>> year("(I) (2009)")
    2009
    """
    if isinstance(value, dt.date):
        return value.year
    if isinstance(value, str) and not is_null(value):
        cell = value.strip()
        if _ROMAN.fullmatch(cell):
            return None
        if match := _YEAR.fullmatch(cell):
            return int(match[1])
        if _ISO.fullmatch(cell) or _DAY_FIRST.fullmatch(cell):
            return date(cell, pivot=0)[1]
    try:
        parsed = count(value)
    except CellError as error:
        raise CellError("is not a year") from error
    if parsed is not None and abs(parsed) >= _INT32:
        raise CellError("is not a year")
    return parsed


def _century(two_digits: int, pivot: int, near: int | None) -> int:
    if near is not None:
        return min((c + two_digits for c in (1800, 1900, 2000, 2100)), key=lambda y: abs(y - near))
    return two_digits + (1900 if two_digits > pivot else 2000)


def date(
    value: object, *, pivot: int, near: int | None = None, day_first: bool = False
) -> tuple[str | None, int | None]:
    """Return the date of a cell and its year.

    Parameters
    ----------
    value : object
        Text `YYYY-MM-DD`, `DD-MM-YYYY`, `DD.MM.YYYY`, `M/D/YYYY` or `M/D/YY`, or a date. With
        slashes the month comes first unless it would exceed 12.
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
    """
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return value.isoformat(), value.year
    if is_null(value) or (isinstance(value, str) and value.strip().startswith("0000")):
        return None, None
    cell = str(value).strip() if isinstance(value, str | int) else ""
    if match := _ISO.fullmatch(cell):
        y, m, d = (int(part) for part in match.groups())
    elif match := _DAY_FIRST.fullmatch(cell):
        d, m, y = (int(part) for part in match.groups())
    elif match := _MONTH_FIRST.fullmatch(cell):
        m, d, y = (int(part) for part in match.groups())
        if m > _MONTHS or (day_first and d <= _MONTHS):
            m, d = d, m
        if len(match[3]) == len("99"):
            y = _century(y, pivot, near)
    elif match := _YEAR_MONTH.fullmatch(cell):
        return None, int(match[1])
    else:
        raise CellError("is not a date")
    try:
        return dt.date(y, m, d).isoformat(), y
    except ValueError as error:
        raise CellError("is not a date of the calendar") from error


def prefers_day_first(cells: Iterable[object]) -> bool:
    """Return whether the day comes first in the dates with slashes of a column.

    It does where at least one first number exceeds 12 and no second number does.
    """
    first = False
    for cell in cells:
        if isinstance(cell, str) and (match := _MONTH_FIRST.match(cell.strip())):
            if int(match[2]) > _MONTHS:
                return False
            first = first or int(match[1]) > _MONTHS
    return first
