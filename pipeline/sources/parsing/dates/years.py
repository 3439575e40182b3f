"""Parser of years of release: numbers, dates, and text with a year in it."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from pipeline.sources.parsing.dates.numerals import FOUR_DIGITS, compact, modern_years
from pipeline.sources.parsing.literals import CellError, is_missing, is_null, plain
from pipeline.sources.parsing.numbers import exact

__all__ = ["DIGITS", "WITHIN", "year"]

DIGITS = re.compile(r"[-+]?\d+(?:\.0*)?", re.ASCII)
_ROMAN = re.compile(r"\(?[IVXL]+\)?")  # IMDb numbers films of the same title and year with these
_YEAR = re.compile(
    r"[\s(]*(?:[IVXL]+[\s()]+)?(\d{4})[\s)]*(?:[-\u2013]\s*\d{0,4}[\s)]*)?(?:TV Movie|Video)?\)?",
    re.A,
)
# A year inside other text, but no part of a number, an amount or a count.
WITHIN = re.compile(
    r"(?<![\d.,$€£#])(1[89]\d\d|20\d\d)(?![\d%]|[.,]\d|\s*(?:min|m\b|km|votes?|h\b|p\b|x\d))",
    re.A | re.I,
)
_GROUPED = re.compile(r"([12])[.,' ](\d{3})", re.ASCII)  # a year written as a number: 1,994
_LONGEST = 60  # characters of a text that is a date, with a day of the week and a country
_MOST = 10**20  # a number from here on is no date


def year(value: object) -> int | None:
    """Return the year from a number, a date, or text with a year in it; 0 is missing.

    Parameters
    ----------
    value : object
        Such as 2009, 2009.0, "(I) (2009)", "2009-2011", "c. 1920", "1920s", "2009 (USA)" or a date.

    Returns
    -------
    int or None
        1000 to 9999.

    Raises
    ------
    CellError
        If the value is not a year.

    Examples
    --------
    >>> year("(I) (2009)"), year("c. 1920"), year("1994-95"), year("14 Oct 1994")
    (2009, 1920, 1994, 1994)
    """
    if isinstance(value, str):
        if value.isascii() and value.isdigit() and len(value) == len("2009"):
            return _checked(int(value))
        if is_missing(value):
            return None
        return _year_of_text(plain(value))
    if isinstance(value, dt.date):
        return value.year
    try:
        parsed = exact(value, decimal_comma=False)
    except CellError as error:
        raise CellError("is not a year") from error
    if parsed is None or parsed.is_nan():
        return None
    return _year_of_number(parsed)


def _checked(found: int) -> int | None:
    if found and found not in FOUR_DIGITS:
        raise CellError("is not a year")
    return found or None


def _year_of_number(parsed: Decimal) -> int | None:
    if not parsed.is_finite() or parsed != parsed.to_integral_value():
        raise CellError("is not a year")
    if parsed in FOUR_DIGITS or not parsed:
        return int(parsed) or None
    parts = compact(str(int(parsed))) if abs(parsed) < _MOST else None
    if parts is None:
        raise CellError("is not a year")
    return parts[0]


def _year_of_text(cell: str) -> int | None:
    if _ROMAN.fullmatch(cell):
        return None
    if len(cell) <= _LONGEST:
        if match := _YEAR.fullmatch(cell):
            return _checked(int(match[1]))
        if DIGITS.fullmatch(cell):
            return _year_of_number(Decimal(cell))
        if match := _GROUPED.fullmatch(cell):
            return int(match[1] + match[2])
        if match := WITHIN.search(modern_years(cell)):
            return int(match[1])
    raise CellError("says that it is unknown" if is_null(cell) else "is not a year")
