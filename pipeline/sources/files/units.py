"""Units that the name of a column says: seconds, millions, another currency, votes of 5."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["Unit", "named_units", "spell_out"]


@dataclass(frozen=True)
class Unit:
    """The unit of a column of numbers.

    Attributes
    ----------
    factor : float
        From its numbers to those of MOVIES; 0 where they cannot be converted.
    says : str
        What a user reads, such as "in seconds".
    """

    factor: float
    says: str


_DOLLARS = re.compile(r"(US|AU|A|CA|C|HK|NT|NZ|R|S|MX)?\$", re.IGNORECASE)
_OF_DOLLARS = {
    "": "usd", "us": "usd", "au": "aud", "a": "aud", "ca": "cad", "c": "cad", "hk": "hkd",
    "nt": "twd", "nz": "nzd", "r": "brl", "s": "sgd", "mx": "mxn",
}  # fmt: skip
_SYMBOLS = {
    "€": "eur", "£": "gbp", "₹": "inr", "¥": "yen", "\uffe5": "yen", "₽": "rub", "₩": "krw",
    "₺": "try", "₴": "uah", "₫": "vnd", "฿": "thb", "₪": "ils", "₦": "ngn", "₱": "php",
    "%": "percent",
}  # fmt: skip
_SYMBOL = re.compile(f"[{''.join(_SYMBOLS)}]")

_WORDS: Mapping[str, Any] = read_lexicon("units")
_FILLERS = frozenset(_WORDS["fillers"])
_POWERS = {"thousands": 1e3, "millions": 1e6, "billions": 1e9}
_SCALES = {word: _POWERS[name] for name, words in _WORDS["scales"].items() for word in words}
_CURRENCIES = {word: code for code, words in _WORDS["currencies"].items() for word in words}
# Minutes in one of each; others, such as metres, cannot be converted.
_MINUTES = {
    "minutes": 1.0,
    "seconds": 1 / 60,
    "hours": 60.0,
    "milliseconds": 1 / 60_000,
    "ticks": 1 / 600_000_000,  # 100 nanoseconds, as media servers count
}
_TIMES = {
    word: Unit(_MINUTES.get(name, 0.0), f"in {name}")
    for name, words in _WORDS["times"].items()
    for word in words
}
_MINUTES_OR_METRES = Unit(1.0, "")  # "m"; the cells decide
_OF_WORDS = frozenset(
    ("out", "of", "sur", "von", "de", "su", "auf", "max", "stars", "star", "sterne", "etoiles")
)
_SCALE = re.compile(
    r"(?:^|[\s_(\[-])(?:out[\s_]*of|/|of|sur|von|de|su|auf|max\.?|0\s*[-\u2013]|1\s*[-\u2013])?[\s_]*"
    r"(4|5|6|10|20|100)[\s_-]*(?:stars?|sterne|étoiles|points?|pts)?\s*[)\]]?$|"
    r"/\s*(4|5|6|10|20|100)\s*[)\]]?$",
    re.IGNORECASE,
)
_FIVE_STAR = re.compile(r"\b(?:5|five)[\s_-]*star\b", re.IGNORECASE)


def spell_out(name: str) -> str:
    """Return a name with its symbols of currencies and percents as words.

    Examples
    --------
    >>> spell_out("Recettes (M€)"), spell_out("Budget (US$)")
    ('Recettes (M eur )', 'Budget ( usd )')
    """
    if name.isascii() and "$" not in name and "%" not in name:
        return name
    name = _SYMBOL.sub(lambda match: f" {_SYMBOLS[match[0]]} ", name)
    return _DOLLARS.sub(lambda match: f" {_OF_DOLLARS[(match[1] or '').lower()]} ", name)


def named_units(name: str, words: str) -> list[tuple[str, str, Unit]]:
    """Return what a name may say of units: column of MOVIES, the other words of the name, unit.

    Parameters
    ----------
    name : str
        As in the file.
    words : str
        Its words joined by `_`, from `spell_out`.

    Examples
    --------
    >>> named_units("Budget (€)", "budget_eur")[0][2].says
    'in EUR, not US dollars'
    >>> named_units("Rating (out of 5)", "rating_out_of_5")[0][1:]
    ('rating', Unit(factor=2.0, says='of 5'))
    """
    parts = words.split("_")
    return [
        found
        for found in (
            _runtime(parts),
            *_money(parts),
            _votes(name, parts),
            _count(parts),
        )
        if found is not None
    ]


def _runtime(parts: list[str]) -> tuple[str, str, Unit] | None:
    rest, unit = list(parts), None
    while len(rest) > 1 and (rest[-1] in _TIMES or rest[-1] in ("in", "en", "m")):
        word = rest.pop()
        unit = _TIMES.get(word, unit or (_MINUTES_OR_METRES if word == "m" else None))
    return ("runtime_minutes", "_".join(rest), unit) if unit else None


def _money(parts: list[str]) -> list[tuple[str, str, Unit]]:
    rest, factor, currency, scaled = list(parts), 1.0, "", False
    while len(rest) > 1 and (
        rest[-1] in _FILLERS or rest[-1] in _SCALES or rest[-1] in _CURRENCIES
    ):
        word = rest.pop()
        if word in _SCALES:
            factor, scaled = factor * _SCALES[word], True
        elif word in _CURRENCIES and currency in ("", "USD"):
            currency = _CURRENCIES[word]
    while len(rest) > 1 and len(rest[0]) == len("eur") and rest[0] in _CURRENCIES:
        currency = _CURRENCIES[rest.pop(0)]
    if not currency and not scaled:
        return []
    if currency not in ("", "USD"):
        unit = Unit(0.0, f"in {currency}, not US dollars")
    else:
        many = {1e3: "thousands of ", 1e6: "millions of ", 1e9: "billions of "}
        unit = Unit(factor, f"in {many.get(factor, '')}US dollars")
    return [(target, "_".join(rest), unit) for target in ("budget_usd", "revenue_usd")]


def _votes(name: str, parts: list[str]) -> tuple[str, str, Unit] | None:
    if len(parts) > 1 and parts[-1] in ("percent", "pct", "percentage"):
        return "vote_average", "_".join(parts[:-1]), Unit(0.1, "of 100")
    if _FIVE_STAR.search(name):
        rest = [p for p in parts if p not in ("5", "five", "star")]
        return ("vote_average", "_".join(rest), Unit(2.0, "of 5")) if rest else None
    match = _SCALE.search(name.strip())
    if match is None and len(parts) == 1 and (glued := re.fullmatch(r"(\D+)(5|10|100)", name)):
        return "vote_average", glued[1].strip(" _-").lower(), _of(glued[2])
    if match is None or not match.start():
        return None
    rest = [p for p in parts if not p.isdigit() and p not in _OF_WORDS]
    return ("vote_average", "_".join(rest), _of(match[1] or match[2])) if rest else None


def _of(scale: str) -> Unit:
    return Unit(10 / int(scale), f"of {scale}")


def _count(parts: list[str]) -> tuple[str, str, Unit] | None:
    rest, factor = list(parts), 1.0
    while len(rest) > 1 and (rest[-1] in _SCALES or rest[-1] in ("in", "万", "萬")):
        factor *= _SCALES.get(word := rest.pop(), 1e4 if word in ("万", "萬") else 1.0)
    if factor == 1.0:
        return None
    return "vote_count", "_".join(rest), Unit(factor, f"in units of {factor:,.0f}")
