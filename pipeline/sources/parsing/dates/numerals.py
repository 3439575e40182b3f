"""Dates written in digits: in the order of ISO 8601 and others, without marks, and as moments."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from pipeline.sources.parsing.words import ERAS

__all__ = [
    "FOUR_DIGITS",
    "MONTHS_A_YEAR",
    "SLASHES",
    "Parts",
    "century",
    "compact",
    "in_digits",
    "modern_years",
    "of_number",
]

Parts = tuple[int, int, int]  # year, month, day; 0 where unknown

_DAY = (
    r"(?:[T ,]*\d{1,2}:\d{2}[\d:.,+Zz -]*)?(?:[AaPp]\.?[Mm]\.?)?(?:UTC|GMT|Z)?(?:[+-]\d{2}:?\d{2})?"
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\.?" + _DAY, re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})([-.])(\d{1,2})\2(\d{4})\.?" + _DAY, re.ASCII)
SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})" + _DAY, re.ASCII)
_YEAR_MONTH = re.compile(r"(\d{4})(?:[-/.]\d{1,2}[.]?)?", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})", re.ASCII)
_HAN = re.compile(
    r"(\d{4})\s*[年년]\s*(?:(\d{1,2})\s*[月월]\s*(?:(\d{1,2})\s*[日일号號])?)?.*", re.ASCII | re.S
)
_ERA = re.compile(rf"({'|'.join(ERAS)})\s*(\d{{1,2}}|元)(?=\s*年)", re.ASCII)
_AROUND_MARKS = re.compile(r"(?<=\d)\s*([./-])\s*(?=\d)", re.ASCII)
MONTHS_A_YEAR = 12
FOUR_DIGITS = range(1000, 10_000)
_PLAUSIBLE = range(1870, 2101)
_EPOCH_DAY = 86_400  # the least number of seconds that is read as a moment
_LATEST, _EARLIEST = 2_524_608_000, -3_155_760_000  # seconds: the years 2050 and 1870
_SECONDS_IN_DAY_MS = 86_400_000


def modern_years(cell: str) -> str:
    """Return the text with years of Japanese eras, such as 昭和29年, as 1954年."""
    if cell.isascii():
        return cell
    return _ERA.sub(lambda m: str(ERAS[m[1]] + (1 if m[2] == "元" else int(m[2]))), cell)


def century(two_digits: int, pivot: int, near: int | None) -> int:
    """Return the year of two digits: the one closest to `near`, else 19xx above `pivot`."""
    if near is not None:
        return min((c + two_digits for c in (1800, 1900, 2000, 2100)), key=lambda y: abs(y - near))
    return two_digits + (1900 if two_digits > pivot else 2000)


def of_number(parsed: Decimal | None) -> Parts | None:
    """Return the parts of a number: a year, `YYYYMMDD`, or a moment; None if it is none of them."""
    if parsed is None or not parsed.is_finite() or parsed != parsed.to_integral_value():
        return None
    if abs(parsed) >= Decimal(10) ** 19:
        return None
    return _of_digits(str(int(parsed)))


def _of_digits(cell: str) -> Parts | None:
    found = int(cell)
    if not found:
        return 0, 0, 0
    if found in FOUR_DIGITS:
        return found, 0, 0
    return compact(cell) or _moment(found)


def compact(cell: str) -> Parts | None:
    """Return the date of `YYYYMM`, `YYYYMMDD` and `YYYYMMDDhhmm(ss)`; None if it is none."""
    if len(cell) not in (6, 8, 12, 14):
        return None
    y, m, d = int(cell[:4]), int(cell[4:6]), int(cell[6:8] or 0)
    if y not in _PLAUSIBLE or m > MONTHS_A_YEAR or (len(cell) == len("199410") and not m):
        return None
    if len(cell) > len("19941014") and (
        int(cell) % _SECONDS_IN_DAY_MS == 0 or int(cell[8:10]) > 23
    ):
        return None
    if len(cell) == len("19941014") and not d and int(cell) % _EPOCH_DAY == 0:
        return None  # a moment, rather than a year without a day
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


def in_digits(cell: str, pivot: int, near: int | None, day_first: bool) -> Parts | None:
    """Return the parts of a date of digits and marks, None if it is none; see `date`."""
    if match := _ISO.fullmatch(cell):
        return int(match[1]), int(match[3]), int(match[4])
    if not cell[:1].isdigit():
        return _eastern(cell)
    return _western(_AROUND_MARKS.sub(r"\1", cell), pivot, near, day_first) or _eastern(cell)


def _western(cell: str, pivot: int, near: int | None, day_first: bool) -> Parts | None:
    if match := _ISO.fullmatch(cell):
        return int(match[1]), int(match[3]), int(match[4])
    if match := _DAY_FIRST.fullmatch(cell):
        return int(match[4]), int(match[3]), int(match[1])
    if match := SLASHES.fullmatch(cell):
        m, d, y = int(match[1]), int(match[2]), int(match[3])
        if m > MONTHS_A_YEAR or (day_first and d <= MONTHS_A_YEAR):
            m, d = d, m
        return (century(y, pivot, near) if len(match[3]) == len("99") else y), m, d
    if match := _YEAR_MONTH.fullmatch(cell):
        return int(match[1]), 0, 0
    match = _MONTH_YEAR.fullmatch(cell)
    return (int(match[2]), 0, 0) if match and int(match[1]) <= MONTHS_A_YEAR else None


def _eastern(cell: str) -> Parts | None:
    if cell.isascii():
        return None
    if match := _HAN.fullmatch(modern_years(cell)):
        return int(match[1]), int(match[2] or 0), int(match[3] or 0)
    return None
