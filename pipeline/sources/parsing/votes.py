"""Parsers of votes on a scale of 0 to 10, and of certificates of age, which are no votes."""

from __future__ import annotations

import re

from pipeline.sources.parsing.literals import CellError, is_missing, is_null, plain
from pipeline.sources.parsing.numbers import digits, number

__all__ = ["is_certificate", "vote"]

_NUMBER = r"([\d.,]+)"
_OF_SCALE = re.compile(
    rf"{_NUMBER}\s*(?:/|out of|of|von|sur|de|su|su un totale di|из|van)\s*{_NUMBER}(?:\s*stars?)?",
    re.IGNORECASE,
)
_PERCENT = re.compile(rf"{_NUMBER}\s*(?:%|percent|prozent|pct)", re.IGNORECASE)
_POINTS = re.compile(rf"{_NUMBER}\s*(?:分|点|점|pts\.?|points?|punkte|puntos|punti)", re.IGNORECASE)
_COUNTED = re.compile(r"\s*[(\[][^()\[\]]*[)\]]$")  # 7.8 (1,234 votes)
_BY = re.compile(r"^(?:imdb|tmdb|rating|score|user score|豆瓣(?:评分)?)\s*:?\s*", re.IGNORECASE)
_SIMPLE = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_TEN = 10.0
# Certificates of cinema and television; plain numbers such as "12" could be votes and are not here.
_CERTIFICATE = re.compile(
    r"""
    # United States: cinema and television
    G | GP | M | X | RX? | PG | (?:S/)?PG[- ]?1[0-9] | NC[- ]?1[67] | M/PG | N\.?R\.? | UR
    | NOT[ ]RATED | UNRATED | APPROVED | PASSED | ALL | ALL[ ]AGES | ADULTS?(?:[ ]ONLY)?
    | TV[- ]?(?:Y7?(?:[- ]?FV)?|G|PG|14|MA|13|NR)(?:[ ]?[DLSV]+)?
    # United Kingdom, Ireland, Australia, Canada
    | U | UC | 12A | 14A | 15A | 16A | 18A | E | RC | MA | MA[ ]?15\+? | M[ ]?15\+ | R[ ]?18\+?
    | X[ ]?18\+ | AA
    # Germany, Switzerland, Austria
    | FSK[- ]?(?:AB[ ]?)?\d{1,2} | AB[ ]\d{1,2}(?:[ ]JAHREN?)? | O\.?[ ]?AL\.?
    | OHNE[ ]ALTERSBESCHR\w+ | JUGENDFREI
    # France, Spain, Italy, Portugal, Brazil
    | TOUS[ ]PUBLICS | T\.?P\.? | -[ ]?1[0268] | APTA | T | V\.?M\.?[ ]?1[48] | VIETATO.*
    | M/\d{1,2} | LIVRE | A?L\d? | A1[02468] | \d{1,2}[ ](?:ANS|ANOS|A[NÑ]OS|ANNI|JAHRE|YEARS)
    # India, Netherlands, Scandinavia
    | U[/ ]?A(?:[ ]?\d{1,2}\+?)? | A | S | MG\d{1,2} | BTL | BARNTILLÅTEN | [KS]-?\d{1,2}
    # Japan, Korea, Hong Kong, Singapore, Mexico, Russia, platforms
    | PG[- ]?12 | R[- ]?1[0-9]\+? | \d{1,2}세.* | 전체.?관람가 | 청소년.?관람.?불가
    | I{1,3} | II[AB] | M18 | R21 | B | B-?15 | C | D | K | \d{1,2}[ ]?\+ | \+[ ]?\d{1,2}
    | MATURE.* | TEEN.*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LONGEST = 40
_RATED = re.compile(r"^(?:rated|mpaa:?|bbfc:?|certificate:?|[A-Za-z ]+:)\s*", re.IGNORECASE)
# "PG-13 - Teens 13 or older", "R for violence", "R (Restricted)"
_BECAUSE = re.compile(r"(?:\s+(?:for|due to|because|-)\s|\s*\().*$", re.IGNORECASE | re.DOTALL)


def is_certificate(value: object) -> bool:
    """Return whether a cell is a certificate of age, which is neither a vote nor a number of votes.

    A plain number such as "12" could be either and is none here.

    Examples
    --------
    >>> [is_certificate(c) for c in ("PG-13", "FSK 16", "U/A 16+", "7.8", "16")]
    [True, True, True, False, False]
    """
    if not isinstance(value, str):
        return False
    cell = _BECAUSE.sub("", plain(value[: _LONGEST * 4]))
    if len(cell) > _LONGEST or cell.replace(".", "").isdigit():
        return False
    return bool(_CERTIFICATE.fullmatch(cell) or _CERTIFICATE.fullmatch(_RATED.sub("", cell)))


def _on_ten(written: str, scale: str, decimal_comma: bool) -> float:
    given = digits(written, decimal_comma=decimal_comma)
    most = digits(scale, decimal_comma=decimal_comma)
    if given is None or most is None or not most:
        raise CellError("is not a vote")
    if given > most:
        raise CellError("is a vote above its scale")
    return float(given * 10 / most)


def vote(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return a vote on 0 to 10; plain numbers are unchanged.

    Parameters
    ----------
    value : object
        Number, or text such as "7.8", "7,8", "7.8/10", "78%", "78/100", "3.5 out of 5" or
        "7.8 (1,234)".
    decimal_comma : bool
        See `number`.

    Raises
    ------
    CellError
        If it is a certificate of age, is above its scale, or is no number.

    Examples
    --------
    >>> vote("7.8/10"), vote("78%"), vote("3.5/5"), vote("N/A")
    (7.8, 7.8, 7.0, None)
    """
    if not isinstance(value, str):
        return number(value)
    if is_missing(value):
        return None
    if _SIMPLE.fullmatch(value):
        return number(value, decimal_comma=decimal_comma)
    if len(value) > _LONGEST * 4:
        raise CellError("is not a number")
    if is_certificate(value):
        raise CellError("is a certificate of age, not a vote")
    try:
        return number(value, decimal_comma=decimal_comma)
    except CellError:
        if is_null(value):
            raise
    return _on_a_scale(plain(value), decimal_comma)


def _on_a_scale(cell: str, decimal_comma: bool) -> float | None:
    cell = _BY.sub("", cell)
    shorter = _COUNTED.sub("", cell) or cell
    if match := _OF_SCALE.fullmatch(shorter):
        return _on_ten(match[1], match[2], decimal_comma)
    if match := _PERCENT.fullmatch(shorter):
        return _on_ten(match[1], "100", decimal_comma)
    match = _POINTS.fullmatch(shorter)
    parsed = digits(match[1] if match else shorter, decimal_comma=decimal_comma)
    if parsed is None:
        raise CellError("is not a number")
    if match and parsed > _TEN:
        raise CellError("is a vote above its scale")
    return number(parsed)
