"""Parsers of numbers in the notations of many countries, with magnitudes and units."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from pipeline.sources.parsing.literals import CellError, is_missing, is_null, plain
from pipeline.sources.parsing.words import MAGNITUDES, UNITS, fold

__all__ = ["count", "digits", "magnitude", "number", "uses_decimal_comma"]

_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_SIMPLE = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
# A comma or point between groups of three digits; Indian groups have two digits, the last three.
_COMMAS = re.compile(r"[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3})(?:\.\d*)?", re.A)
_POINTS = re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?", re.ASCII)
_SPACES = re.compile(r"[-+]?[1-9]\d{0,2}(?:([ '])\d{3})(?:\1\d{3})*(?:[.,]\d*)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?", re.ASCII)
_WITH_WORDS = re.compile(r"([-+]?[\d.,][\d.,' ]*(?:[eE][-+]?\d+(?!\d))?)([^\d]*)", re.ASCII)
_HAN_UNITS = re.compile("[人票次评價价評分数數条條个個件名看过過已参与參與명개표건]+")
_INT64 = 2**63
_EXACT = 2**53  # a float holds every whole number below
_MAX_DIGITS = 400  # of a number; more is not one


def digits(cell: str, *, decimal_comma: bool = False) -> Decimal | None:
    """Return the number that digits and their marks write, None if they write none.

    Parameters
    ----------
    cell : str
        Text as `plain` returns it, such as "1,234.5", "1.234,5", "1 234", "1'234" or "7,8".
    decimal_comma : bool
        Whether one comma before three digits is a decimal mark and one such point is none.
    """
    if len(cell) > _MAX_DIGITS:
        return None
    if decimal_comma and _DECIMAL_COMMA.fullmatch(cell):
        cell = cell.replace(",", ".")
    elif _COMMAS.fullmatch(cell):
        cell = cell.replace(",", "")
    elif _POINTS.fullmatch(cell) and (decimal_comma or cell.count(".") > 1 or "," in cell):
        cell = cell.replace(".", "").replace(",", ".")
    elif _SPACES.fullmatch(cell):
        cell = cell.replace(" ", "").replace("'", "").replace(",", ".")
    elif _DECIMAL_COMMA.fullmatch(cell):
        cell = cell.replace(",", ".")
    if not _PLAIN.fullmatch(cell):
        return None
    try:
        return Decimal(cell)
    except InvalidOperation:  # an exponent beyond what Decimal holds
        return None


def magnitude(words: str) -> tuple[int, str]:
    """Return the power of ten that words begin with, 0 if with none, and the other words.

    Examples
    --------
    >>> magnitude("million votes"), magnitude("万人评价"), magnitude("K"), magnitude("votes")
    ((6, 'votes'), (4, '人评价'), (3, ''), (0, 'votes'))
    """
    words = fold(words.strip())
    head, _, rest = words.partition(" ")
    power = MAGNITUDES.get(head.rstrip("."))
    if power is not None:
        return power, rest.strip()
    for length in (2, 1):  # Chinese, Japanese and Korean write no spaces
        if not words[:1].isascii() and words[:length] in MAGNITUDES:
            return MAGNITUDES[words[:length]], words[length:].strip()
    return 0, words


def _scaled(cell: str, decimal_comma: bool) -> Decimal | None:
    """Return the number of "1.2M", "12K votes" or "(1,234)"; None if it is none."""
    if cell[:1] == "(" and cell[-1:] == ")":
        cell = cell[1:-1].strip()
    match = _WITH_WORDS.fullmatch(cell.lstrip("~\u2248 ").removesuffix("+"))
    if match is None:
        return None
    value = digits(match[1].strip(), decimal_comma=decimal_comma)
    power, unit = magnitude(match[2])
    if unit and unit not in UNITS and not _HAN_UNITS.fullmatch(unit):
        return None
    try:
        return None if value is None else value.scaleb(power)
    except ArithmeticError:  # an exponent beyond what Decimal holds
        return None


def exact(value: object, *, decimal_comma: bool) -> Decimal | None:
    """Return a number as it is written, None if the cell is missing."""
    if isinstance(value, str):
        if is_missing(value):
            return None
        cell = plain(value[:_MAX_DIGITS])
        if len(value) > _MAX_DIGITS:
            raise CellError("is not a number")
        parsed = digits(cell, decimal_comma=decimal_comma)
        if parsed is None and cell:
            parsed = _scaled(cell, decimal_comma)
        if parsed is None:
            raise CellError("says that it is unknown" if is_null(cell) else "is not a number")
        return parsed
    if is_missing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise CellError("is not a number")
    return Decimal(value)


def number(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return a finite number from a number or a text; NaN is missing.

    Parameters
    ----------
    value : object
        Number, or text such as "1,234.5", "1.234,5", "1 234", "7,8", "1.2M" or "12K votes".
    decimal_comma : bool
        Whether the cells of the column have a decimal comma, so that "1.234" is 1234.

    Raises
    ------
    CellError
        If it is not a finite number.

    Examples
    --------
    >>> number("1,234.5"), number("7,8"), number("1.2M"), number("1.234", decimal_comma=True)
    (1234.5, 7.8, 1200000.0, 1234.0)
    """
    if isinstance(value, str) and not decimal_comma and _SIMPLE.fullmatch(value):
        return float(value)
    # Numbers of typed files, without the way through Decimal; not bool, which is a subclass.
    if value.__class__ is float and math.isfinite(value):
        return value
    if value.__class__ is int and -_EXACT < value < _EXACT:
        return float(value)
    parsed = exact(value, decimal_comma=decimal_comma)
    if parsed is None or parsed.is_nan():
        return None
    try:
        result = float(parsed)
    except (OverflowError, ValueError) as error:
        raise CellError("is not a number") from error
    if math.isinf(result):
        raise CellError("is not a finite number")
    return result


def count(value: object, *, decimal_comma: bool = False) -> int | None:
    """Return a whole number that fits in 64 bits; see `number`.

    Examples
    --------
    >>> count("1,234"), count("(1,234)"), count("1204.0"), count("12345人评价")
    (1234, 1234, 1204, 12345)
    """
    parsed = number(value, decimal_comma=decimal_comma)
    if parsed is None:
        return None
    if not parsed.is_integer() or abs(parsed) >= _INT64:
        raise CellError("is not a whole number")
    return int(parsed)


def uses_decimal_comma(cells: Iterable[object]) -> bool:
    """Return whether the numbers of a column have a decimal comma.

    They do where a comma stands before other than three digits, or points stand as marks of
    thousands, and no cell says the opposite.

    Examples
    --------
    >>> uses_decimal_comma(["1.234", "7,8"]), uses_decimal_comma(["1,234", "7.8"])
    (True, False)
    """
    comma = False
    for cell in cells:
        if not isinstance(cell, str) or not (("," in cell) or cell.count(".") > 1):
            continue
        found = plain(cell)
        if _COMMAS.fullmatch(found) and ("." in found or found.count(",") > 1):
            return False
        if _DECIMAL_COMMA.fullmatch(found):
            comma = comma or not _COMMAS.fullmatch(found)
        elif _POINTS.fullmatch(found):
            comma = True
    return comma
