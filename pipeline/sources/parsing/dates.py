"""Parsers of dates and years of release in the notations of many catalogues and languages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal

from pipeline.sources.parsing.literals import CellError, is_missing, is_null, plain
from pipeline.sources.parsing.numbers import exact
from pipeline.sources.parsing.words import DATE_FILLERS, ERAS, MONTHS, YEAR_QUALIFIERS, fold

__all__ = ["date", "prefers_day_first", "year"]

Parts = tuple[int, int, int]  # year, month, day; 0 where unknown

_DAY = (
    r"(?:[T ,]*\d{1,2}:\d{2}[\d:.,+Zz -]*)?(?:[AaPp]\.?[Mm]\.?)?(?:UTC|GMT|Z)?(?:[+-]\d{2}:?\d{2})?"
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\.?" + _DAY, re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})([-.])(\d{1,2})\2(\d{4})\.?" + _DAY, re.ASCII)
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})" + _DAY, re.ASCII)
_YEAR_MONTH = re.compile(r"(\d{4})(?:[-/.]\d{1,2}[.]?)?", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})", re.ASCII)
_HAN = re.compile(
    r"(\d{4})\s*[年년]\s*(?:(\d{1,2})\s*[月월]\s*(?:(\d{1,2})\s*[日일号號])?)?.*", re.ASCII | re.S
)
_ERA = re.compile(rf"({'|'.join(ERAS)})\s*(\d{{1,2}}|元)(?=\s*年)", re.ASCII)
_AROUND_MARKS = re.compile(r"(?<=\d)\s*([./-])\s*(?=\d)", re.ASCII)
_BRACKETS = re.compile(
    r"\s*[(\[].*$", re.DOTALL
)  # "(India)", and dates of other countries behind it
_RANGE = re.compile(
    r"\s+(?:to|bis|au|until|till)\s+.*$|\s+-\s+.*$|\s*[;|~].*$|\s+/\s+.*$", re.DOTALL
)
_TIME = re.compile(r"[T\s,]*\b\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:\s*[ap]\.?m\b\.?)?", re.I | re.A)
_OFFSET = re.compile(r"\s(?:GMT|UTC|Z)?\s*[+-]\d{2}:?\d{2}\b", re.ASCII)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_DIGITS = re.compile(r"[-+]?\d+(?:\.0*)?", re.ASCII)
_ROMAN = re.compile(r"\(?[IVXL]+\)?")  # IMDb numbers films of the same title and year with these
_YEAR = re.compile(
    r"[\s(]*(?:[IVXL]+[\s()]+)?(\d{4})[\s)]*(?:[-\u2013]\s*\d{0,4}[\s)]*)?(?:TV Movie|Video)?\)?",
    re.A,
)
# A year inside other text, but no part of a number, an amount or a count.
_WITHIN = re.compile(
    r"(?<![\d.,$€£#])(1[89]\d\d|20\d\d)(?![\d%]|[.,]\d|\s*(?:min|m\b|km|votes?|h\b|p\b|x\d))",
    re.A | re.I,
)
_GROUPED = re.compile(r"([12])[.,' ](\d{3})", re.ASCII)  # a year written as a number: 1,994
_LONGEST = 60  # characters of a text that is a date, with a day of the week and a country
_MONTHS_A_YEAR = 12
_FOUR_DIGITS = range(1000, 10_000)
_PLAUSIBLE = range(1870, 2101)
_EPOCH_DAY = 86_400  # the least number of seconds that is read as a moment
_LATEST, _EARLIEST = 2_524_608_000, -3_155_760_000  # seconds: the years 2050 and 1870
_SECONDS_IN_DAY_MS = 86_400_000


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
    if found and found not in _FOUR_DIGITS:
        raise CellError("is not a year")
    return found or None


def _year_of_number(parsed: Decimal) -> int | None:
    if not parsed.is_finite() or parsed != parsed.to_integral_value():
        raise CellError("is not a year")
    if parsed in _FOUR_DIGITS or not parsed:
        return int(parsed) or None
    compact = (
        _compact(str(int(parsed))) if len(parsed.as_tuple().digits) < len("1e30") * 5 else None
    )
    if compact is None:
        raise CellError("is not a year")
    return compact[0]


def _year_of_text(cell: str) -> int | None:
    if _ROMAN.fullmatch(cell):
        return None
    if len(cell) <= _LONGEST:
        if match := _YEAR.fullmatch(cell):
            return _checked(int(match[1]))
        if _DIGITS.fullmatch(cell):
            return _year_of_number(Decimal(cell))
        if match := _GROUPED.fullmatch(cell):
            return int(match[1] + match[2])
        if match := _WITHIN.search(_before_common_era(cell)):
            return int(match[1])
    raise CellError("says that it is unknown" if is_null(cell) else "is not a year")


def _before_common_era(cell: str) -> str:
    """Return the text with years of Japanese eras, such as 昭和29年, as 1954年."""
    if cell.isascii():
        return cell
    return _ERA.sub(lambda m: str(ERAS[m[1]] + (1 if m[2] == "元" else int(m[2]))), cell)


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
        parts = _of_number(exact(value, decimal_comma=False))
    else:
        raise CellError("is not a date")
    if parts is None:
        known = isinstance(value, str) and is_null(value)
        raise CellError("says that it is unknown" if known else "is not a date")
    return _iso(*parts)


def _iso(y: int, m: int, d: int) -> tuple[str | None, int | None]:
    if not y:
        return None, None
    if m > _MONTHS_A_YEAR >= d:
        m, d = d, m
    if not m or not d:
        return None, y
    try:
        return dt.date(y, m, d).isoformat(), y
    except ValueError as error:
        raise CellError("is not a date of the calendar") from error


def _of_number(parsed: Decimal | None) -> Parts | None:
    if parsed is None or not parsed.is_finite() or parsed != parsed.to_integral_value():
        return None
    if abs(parsed) >= Decimal(10) ** 19:
        return None
    return _of_digits(str(int(parsed)))


def _of_digits(cell: str) -> Parts | None:
    found = int(cell)
    if not found:
        return 0, 0, 0
    if found in _FOUR_DIGITS:
        return found, 0, 0
    return _compact(cell) or _moment(found)


def _compact(cell: str) -> Parts | None:
    """Return the date of `YYYYMM`, `YYYYMMDD` and `YYYYMMDDhhmm(ss)`; None if it is none."""
    if len(cell) not in (6, 8, 12, 14):
        return None
    y, m, d = int(cell[:4]), int(cell[4:6]), int(cell[6:8] or 0)
    if y not in _PLAUSIBLE or m > _MONTHS_A_YEAR or (len(cell) == len("199410") and not m):
        return None
    if len(cell) > len("19941014") and (
        int(cell) % _SECONDS_IN_DAY_MS == 0 or int(cell[8:10]) > 23
    ):
        return None
    try:
        dt.date(y, m or 1, d or 1)
    except ValueError:
        return None
    return y, m, d


def _moment(found: int) -> Parts | None:
    """Return the day (UTC) of a number of seconds, or of milli-, micro- or nanoseconds."""
    if abs(found) < _EPOCH_DAY or (abs(found) < 10**6 and found % _EPOCH_DAY):
        return None  # a number of another kind, such as a day of Excel
    for scale in (1, 10**3, 10**6, 10**9):
        seconds = found // scale
        if _EARLIEST <= seconds <= _LATEST:
            day = dt.date(1970, 1, 1) + dt.timedelta(days=seconds // _EPOCH_DAY)
            return day.year, day.month, day.day
    return None


def _read(cell: str, pivot: int, near: int | None, day_first: bool) -> Parts | None:
    if len(cell) > _LONGEST * 4:
        return None
    if cell.startswith("0000"):
        return 0, 0, 0
    if _DIGITS.fullmatch(cell):
        return _of_number(Decimal(cell))
    if parts := _in_digits(cell, pivot, near, day_first):
        return parts
    head = _BRACKETS.sub("", cell) or cell.strip("()[] ")
    shorter = _RANGE.sub("", head)
    for candidate in dict.fromkeys((head, shorter)):
        parts = _in_digits(candidate, pivot, near, day_first) or _by_name(candidate, pivot, near)
        if parts is not None:
            return parts
    return _year_only(head)


def _in_digits(cell: str, pivot: int, near: int | None, day_first: bool) -> Parts | None:
    if not cell[:1].isdigit():
        return _eastern(cell)
    if match := _ISO.fullmatch(cell):
        return int(match[1]), int(match[3]), int(match[4])
    cell = _AROUND_MARKS.sub(r"\1", cell)
    if match := _ISO.fullmatch(cell):
        return int(match[1]), int(match[3]), int(match[4])
    if match := _DAY_FIRST.fullmatch(cell):
        return int(match[4]), int(match[3]), int(match[1])
    if match := _SLASHES.fullmatch(cell):
        m, d, y = int(match[1]), int(match[2]), int(match[3])
        if m > _MONTHS_A_YEAR or (day_first and d <= _MONTHS_A_YEAR):
            m, d = d, m
        return (_century(y, pivot, near) if len(match[3]) == len("99") else y), m, d
    if match := _YEAR_MONTH.fullmatch(cell):
        return int(match[1]), 0, 0
    if (match := _MONTH_YEAR.fullmatch(cell)) and int(match[1]) <= _MONTHS_A_YEAR:
        return int(match[2]), 0, 0
    return _eastern(cell)


def _eastern(cell: str) -> Parts | None:
    if cell.isascii():
        return None
    if match := _HAN.fullmatch(_before_common_era(cell)):
        return int(match[1]), int(match[2] or 0), int(match[3] or 0)
    return None


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
        return _century(days[1], pivot, near), months[0], days[0]
    return None


def _year_only(cell: str) -> Parts | None:
    """Return the year of text such as "Q4 1994" or "Summer 1994", else None."""
    if not all(t[0].isdigit() or t in YEAR_QUALIFIERS for t in _TOKEN.findall(fold(cell))):
        return None
    match = _WITHIN.search(cell)
    return (int(match[1]), 0, 0) if match else None


def prefers_day_first(cells: Iterable[object]) -> bool:
    """Return whether the day comes first in the dates with slashes of a column.

    It does where at least one first number exceeds 12 and no second number does.

    Examples
    --------
    >>> prefers_day_first(["3/4/1994", "14/10/1994"]), prefers_day_first(["3/4/1994", "10/14/1994"])
    (True, False)
    """
    first = False
    for cell in cells:
        if isinstance(cell, str) and "/" in cell and (match := _SLASHES.match(cell.strip())):
            if int(match[2]) > _MONTHS_A_YEAR:
                return False
            first = first or int(match[1]) > _MONTHS_A_YEAR
    return first
