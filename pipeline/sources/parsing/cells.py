"""Parsers of one cell of a catalogue, text or typed: names, numbers, ids.

A parser returns None for a missing value and raises `CellError` for a value of the wrong type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from pipeline.sources.parsing.literals import CellError, decode, is_null, text

__all__ = [
    "cast",
    "comparable_title",
    "comparable_titles",
    "count",
    "countries",
    "directors",
    "genres",
    "identifier",
    "imdb_id",
    "imdb_overview",
    "is_certificate",
    "known_text",
    "language",
    "millions",
    "minutes",
    "money",
    "names",
    "number",
    "piped_names",
    "title_and_year",
    "tmdb_id",
    "vote",
]

# "Sammy Davis, Jr." is one name in a list joined by commas.
_COMMA = re.compile(r",(?!\s*(?:Jr|Sr|II|III|IV|Inc|Ltd|M\.?D)\b\.?)")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_MONEY = re.compile(r"(?:US)?\$?\s*([-+\d.,eE]+)\s*([KMB]?)", re.IGNORECASE)
_HOURS = re.compile(r"(?:(\d+)\s*h(?:rs?|ours?)?)?\s*(?:(\d+)\s*m(?:ins?|inutes?)?\.?)?", re.I)
_INT64 = 2**63


def number(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return a finite number from a number or a text; NaN is missing.

    Examples
    --------
    >>> number("1,234.5")
    1234.5
    """
    if is_null(value):
        return None
    if isinstance(value, bool):
        raise CellError("is not a number")
    if isinstance(value, str):
        cell = value.strip()
        if _THOUSANDS.fullmatch(cell):
            cell = cell.replace(",", "")
        if not _PLAIN.fullmatch(cell):
            raise CellError("is not a number")
        value = cell
    elif not isinstance(value, int | float | Decimal):
        raise CellError("is not a number")
    try:
        parsed = float(value)
    except (OverflowError, ValueError) as error:
        raise CellError("is not a number") from error
    if math.isnan(parsed):
        return None
    if math.isinf(parsed):
        raise CellError("is not a finite number")
    return parsed


def count(value: object, *, decimal_comma: bool = False) -> int | None:
    """Return a whole number that fits in 64 bits."""
    parsed = number(value)
    if parsed is None:
        return None
    if not parsed.is_integer() or abs(parsed) >= _INT64:
        raise CellError("is not a whole number")
    return int(parsed)


def _positive(parsed: float | None) -> float | None:
    """Return None for 0, which TMDB writes for an unknown value."""
    return parsed or None


def money(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return US dollars from `237000000`, `"$28.34M"` or `"10,000"`; 0 is missing."""
    if not isinstance(value, str) or is_null(value):
        return _positive(number(value))
    match = _MONEY.fullmatch(value.strip())
    if match is None:
        raise CellError("is not an amount of money")
    scale = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}[match[2].lower()]
    return _positive((number(match[1]) or 0.0) * scale)


def millions(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return US dollars from a column in millions."""
    parsed = money(value)
    return None if parsed is None else parsed * 1e6


def minutes(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return minutes from `142`, `"142 min"` or `"2h 22m"`; 0 is missing.

    Examples
    --------
    >>> minutes("2h 22m")
    142.0
    """
    if isinstance(value, str) and not is_null(value):
        match = _HOURS.fullmatch(value.strip())
        if match is not None and (match[1] or match[2]):
            return _positive(60.0 * int(match[1] or 0) + int(match[2] or 0))
    return _positive(number(value))


def identifier(value: object) -> str | None:
    """Return an id as text; `603`, `603.0` and `" 603 "` all become `"603"`."""
    if isinstance(value, str):
        cell = value.strip()
        if is_null(cell):
            return None
        head, dot, tail = cell.partition(".")
        return head if dot and head.isdigit() and not tail.strip("0") else text(cell)
    if is_null(value):
        return None
    parsed = value if isinstance(value, int) and not isinstance(value, bool) else count(value)
    return str(parsed)


def _item(entry: object, keys: tuple[str, ...]) -> str | None:
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in keys if entry.get(key)), None)
    if entry is not None and not isinstance(entry, str):
        raise CellError("holds an entry that is not a name")
    return text(entry)


def _listed(entries: Iterable[object], keys: tuple[str, ...] = ("name",)) -> list[str] | None:
    return [item for entry in entries if (item := _item(entry, keys)) is not None] or None


def _entries(value: object, *, part: str = "", commas: bool = True) -> list[object]:
    """Return the entries of a list; of a JSON object, those of `part` or of its first list."""
    decoded = decode(value)
    if decoded is None:
        return []
    if isinstance(decoded, str):
        if "|" in decoded or not commas:
            return list(decoded.split("|"))
        return list(decoded.split(";") if ";" in decoded else _COMMA.split(decoded))
    if isinstance(decoded, Mapping):
        inner = decoded.get(part) if part else None
        if inner is None and not part:
            inner = next((v for v in decoded.values() if isinstance(v, list)), None)
        if isinstance(inner, list):
            return inner
        return [decoded] if "name" in decoded else []
    return decoded


def names(value: object) -> list[str] | None:
    """Return names from JSON, a Python list, or text joined with `|`, `;` or commas.

    Examples
    --------
    >>> names("Drama|War"), names('[{"id": 18, "name": "Drama"}]'), names("")
    (['Drama', 'War'], ['Drama'], None)
    """
    return _listed(_entries(value))


def piped_names(value: object) -> list[str] | None:
    """Return names joined with `|` only, so that a name may contain a comma."""
    return _listed(_entries(value, commas=False))


def countries(value: object) -> list[str] | None:
    """Return ISO 3166-1 alpha-2 codes if the cell has them, else names."""
    return _listed(_entries(value), ("iso_3166_1", "name"))


def directors(value: object) -> list[str] | None:
    """Return the names of directors, also from a `crew` list or `credits` object of TMDB."""
    entries = _entries(value, part="crew")
    crew = [e for e in entries if not isinstance(e, Mapping) or e.get("job") in (None, "Director")]
    return _listed(crew)


def cast(value: object) -> list[str] | None:
    """Return the names of actors in billing order, also from a `credits` object of TMDB."""
    return _listed(_entries(value, part="cast"))


def imdb_overview(value: object) -> str | None:
    """Return a plot of IMDb without its "See full summary" link."""
    overview = text(value)
    return (
        None if overview is None else re.sub(r"\s*See full (?:summary|synopsis).*$", "", overview)
    )


def genres(value: object) -> list[str] | None:
    """Return names of genres; also splits at slashes, and reads TMDB's numbers of genres."""
    return names(value)


def vote(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return a vote on 0 to 10 from `7.8`, `"7.8/10"`, `"78%"` or `"3.5/5"`."""
    return number(value, decimal_comma=decimal_comma)


def is_certificate(value: object) -> bool:
    """Return whether a cell is a certificate of age, such as "PG-13", and not a vote."""
    return isinstance(value, str) and value.strip().upper() in {"G", "PG", "PG-13", "R", "NC-17"}


def known_text(value: object) -> str | None:
    """Return text, None where it says that the value is unknown; not for titles."""
    return None if is_null(value) else text(value)


def language(value: object) -> str | None:
    """Return a language as it is written, code or name."""
    return known_text(value)


def imdb_id(value: object) -> str | None:
    """Return an id of IMDb, "tt" and at least 7 digits, also from an address or digits."""
    cell = identifier(value)
    match = re.search(r"(?:tt)?([0-9]{5,9})", cell or "")
    if cell is not None and match is None:
        raise CellError("is not an id of IMDb")
    return None if match is None else f"tt{match[1]:0>7}"


def tmdb_id(value: object) -> str | None:
    """Return an id of TMDB, digits, also from an address."""
    cell = identifier(value)
    match = re.search(r"[0-9]+", cell or "")
    if cell is not None and match is None:
        raise CellError("is not an id of TMDB")
    return None if match is None else match[0]


def title_and_year(title: str) -> tuple[str, int | None]:
    """Return a title without the year that it ends with in brackets, and the year."""
    match = re.fullmatch(r"(.*\S)\s*\((\d{4})\)", title.strip(), re.DOTALL)
    return (title, None) if match is None else (match[1], int(match[2]))


def comparable_title(title: str) -> str:
    """Return a title without case, accents, punctuation and article, for comparing; may be ""."""
    return "".join(c for c in title.casefold() if c.isalnum())


def comparable_titles(title: str) -> tuple[str, ...]:
    """Return the comparable title, and that of each other title in brackets behind it."""
    return (comparable_title(title),)
