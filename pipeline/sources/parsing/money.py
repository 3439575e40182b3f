"""Parsers of amounts of money in US dollars; an amount in another currency is unknown."""

from __future__ import annotations

import re
from decimal import Decimal

from pipeline.sources.parsing.literals import CellError, is_missing, is_null, plain
from pipeline.sources.parsing.numbers import digits, magnitude, number
from pipeline.sources.parsing.words import fold

__all__ = ["money"]

_NOTES = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])\s*$")  # "(estimated)", "[2]"
_AMOUNT = re.compile(
    r"([^\d.,+-]*)([-+]?)([^\d.,+-]*)([\d.,][\d.,' ]*(?:[eE][-+]?\d+)?)([^\d]*)", re.A
)
_DOLLARS = frozenset(
    {
        "",
        "$",
        "us$",
        "$us",
        "u.s.$",
        "u.s. $",
        "us $",
        "usd",
        "usd$",
        "$usd",
        "usd $",
        "$ usd",
        "us",
    }
    | {"dollar", "dollars", "us dollar", "us dollars", "u.s. dollars", "us-dollar", "us-dollars"}
    | {"american dollars", "dolares", "dolares estadounidenses", "dolares americanos", "dollari"}
    | {"dollars americains", "dollars us", "dollari usa", "美元", "美金", "$美元", "ドル", "米ドル"}
    | {"долл.", "долларов", "долларов сша", "доллар", "달러", "미국 달러", "mil. usd"}
)
_ABOUT = re.compile(
    r"^(?:~|≈|c\.|ca\.|ca$|circa|about|approx\.?|approximately|around|est\.?|estimated|budget:?)\s*|"
    r"\s*(?:est\.?|estimated|approx\.?|worldwide|domestic)$"
)
_OTHER_SYMBOL = re.compile("[€£¥₹₽₩₺₴₫฿₪₦₱¢元円圓원]|(?:[a-z]{1,3}\\$)")
_OTHER_CODE = re.compile(r"\b[a-z]{3}\b")
_OTHER_WORD = re.compile(
    r"\b(?:rs|re|rm|kc|kr|zl|fr|dm|lei|euros?|pounds?|sterling|rupees?|inr|yen|yuan|rmb|won|francs?|lira"
    r"|lire|marks?|kronor|kroner|pesos?|rubles?|roubles?|reais|real|rand|baht|crores?|lakhs?|руб\w*)\b"
)
_LONGEST = 100  # characters of an amount and what is said of it
_EXACT_DIGITS = 15  # that a float holds
_LOCAL = frozenset({4, 5, 7, 8})  # powers of ten that are written for yuan, yen, won and rupees


def _dollars(words: str) -> bool:
    return _ABOUT.sub("", words).strip() in _DOLLARS


def _refuse(words: str) -> CellError:
    other = _OTHER_SYMBOL.search(words) or _OTHER_CODE.search(words) or _OTHER_WORD.search(words)
    return CellError(
        "is in another currency than US dollars" if other else "is not an amount of money"
    )


def _amount(cell: str, decimal_comma: bool) -> Decimal:
    if len(cell) > _LONGEST:
        raise CellError("is not an amount of money")
    cell = plain(cell)
    while shorter := _NOTES.sub("", cell):
        if shorter == cell:
            break
        cell = shorter
    match = _AMOUNT.fullmatch(cell.removesuffix("+").removesuffix(",-").removesuffix(".-"))
    if match is None:
        raise _refuse(fold(cell))
    before, sign, behind_sign, written, after = match.groups()
    power, unit = magnitude(after)
    currency = fold(f"{before}{behind_sign}".strip())
    value = digits(written.strip(), decimal_comma=decimal_comma)
    says = _ABOUT.sub("", currency).strip(), _ABOUT.sub("", unit).strip()
    if not (says[0] in _DOLLARS and says[1] in _DOLLARS) or value is None:
        raise _refuse(f"{currency} {unit}")
    if power in _LOCAL and not any(says):
        raise CellError("is in another currency than US dollars")
    try:
        return value.scaleb(power) * (-1 if sign == "-" else 1)
    except ArithmeticError as error:  # an exponent beyond what Decimal holds
        raise CellError("is not an amount of money") from error


def money(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return US dollars from a number or a text; 0, which TMDB writes for unknown, is missing.

    Parameters
    ----------
    value : object
        Such as 237000000, "$28.34M", "10,000", "US$ 1.2 million" or "$60,000 (estimated)".
    decimal_comma : bool
        See `number`.

    Raises
    ------
    CellError
        If it is no amount, or one in another currency.

    Examples
    --------
    >>> money("$28.3 million"), money("$60,000 (estimated)"), money("USD 0")
    (28300000.0, 60000.0, None)
    """
    if not isinstance(value, str):
        return number(value) or None
    if len(value) <= _EXACT_DIGITS and value.isascii() and value.isdigit():
        return float(value) or None  # most cells; a tenth of the time of what follows
    if is_missing(value):
        return None
    if is_null(value):
        raise CellError("says that it is unknown")
    return number(_amount(value, decimal_comma)) or None
