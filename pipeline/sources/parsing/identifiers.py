"""Parsers of ids: those of a file, of IMDb and of TMDB, also from addresses of pages."""

from __future__ import annotations

import re

from pipeline.sources.parsing.literals import CellError, is_null, text
from pipeline.sources.parsing.numbers import count

__all__ = ["identifier", "imdb_id", "tmdb_id"]

_IMDB_ADDRESS = re.compile(r"imdb\.com/(?:[a-z-]+/)*(tt\d+)", re.IGNORECASE)
_TMDB_ADDRESS = re.compile(
    r"(?:themoviedb|tmdb)\.org/(?:[a-z-]+/)*(?:movie|tv)/(\d+)", re.IGNORECASE
)
_IMDB = re.compile(r"(?:tt)?0*(\d{1,9})", re.IGNORECASE | re.ASCII)
_TMDB = re.compile(r"(?:tmdb[:_-]?|movie[/:_-])?0*([1-9]\d{0,9})", re.IGNORECASE | re.ASCII)


def identifier(value: object) -> str | None:
    """Return an id as text; the address of a film at IMDb or TMDB becomes its id.

    Examples
    --------
    >>> identifier(603), identifier("603.0"), identifier("https://www.imdb.com/title/tt0133093/")
    ('603', '603', 'tt0133093')
    """
    if isinstance(value, str):
        cell = value.strip()
        if is_null(cell):
            return None
        if "/" in cell and (match := _IMDB_ADDRESS.search(cell) or _TMDB_ADDRESS.search(cell)):
            return match[1].lower()
        head, dot, tail = cell.partition(".")
        return head if dot and head.isdigit() and not tail.strip("0") else text(cell)
    if is_null(value):
        return None
    parsed = value if isinstance(value, int) and not isinstance(value, bool) else count(value)
    return str(parsed)


def imdb_id(value: object) -> str | None:
    """Return an id of IMDb as "tt" and at least 7 digits; 0 is missing.

    Raises
    ------
    CellError
        If it is no id of a title of IMDb.

    Examples
    --------
    >>> imdb_id("tt0133093"), imdb_id(114709), imdb_id("0114709")
    ('tt0133093', 'tt0114709', 'tt0114709')
    """
    cell = identifier(value)
    if cell is None:
        return None
    match = _IMDB.fullmatch(cell)
    if match is None:
        raise CellError("is not an id of IMDb")
    return f"tt{match[1]:0>7}" if int(match[1]) else None


def tmdb_id(value: object) -> str | None:
    """Return an id of TMDB as digits without leading zeros; 0 is missing.

    Raises
    ------
    CellError
        If it is no id of TMDB.

    Examples
    --------
    >>> tmdb_id(603.0), tmdb_id("https://www.themoviedb.org/movie/603-the-matrix")
    ('603', '603')
    """
    cell = identifier(value)
    if cell is None or not cell.strip("0"):
        return None
    match = _TMDB.fullmatch(cell)
    if match is None:
        raise CellError("is not an id of TMDB")
    return match[1]
