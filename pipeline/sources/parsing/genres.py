"""Parser of genres: lists as everywhere, also joined by slashes, and TMDB's numbers of genres."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.sources.parsing.lists import entries, listed
from pipeline.sources.parsing.literals import CellError, is_null

__all__ = ["TMDB_GENRES", "genres"]

# Id -> name of TMDB's genres of films, and of series: https://developer.themoviedb.org/reference/genre-movie-list
TMDB_GENRES: Mapping[int, str] = {
    12: "Adventure",
    14: "Fantasy",
    16: "Animation",
    18: "Drama",
    27: "Horror",
    28: "Action",
    35: "Comedy",
    36: "History",
    37: "Western",
    53: "Thriller",
    80: "Crime",
    99: "Documentary",
    878: "Science Fiction",
    9648: "Mystery",
    10402: "Music",
    10749: "Romance",
    10751: "Family",
    10752: "War",
    10759: "Action & Adventure",
    10762: "Kids",
    10763: "News",
    10764: "Reality",
    10765: "Sci-Fi & Fantasy",
    10766: "Soap",
    10767: "Talk",
    10768: "War & Politics",
    10770: "TV Movie",
}
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
# Genres that "and" may join; "Kids and Family" or "Arts and Culture" is one.
_NAMED = frozenset(
    [name.lower() for name in TMDB_GENRES.values() if "&" not in name and name != "Kids"]
    + ["sci-fi", "musical", "biography", "sport", "film-noir"]
)
_JOINED = re.compile(r"\s*[/／·・+>]\s*|\s+[-–—]\s+|\s*,\s*")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+(?:[\s\u3000]+[\u3040-\u30ff\u3400-\u9fff]+)+")
_NUMBER = re.compile(r"\s*\d{1,5}(?:\.0+)?\s*", re.ASCII)
_NUMBERS = re.compile(r"\s*\d{1,5}(?:\.0+)?(?:\s+\d{1,5})*\s*", re.ASCII)
_LONGEST = 500  # characters of an entry that is searched for other separators
_HASHTAGS = re.compile(r"\s*#\S+(?:\s+#\S+)*\s*")


def _parts(entry: object) -> list[object]:
    """Return the genres of an entry, which may join several."""
    if isinstance(entry, Mapping):
        number = entry.get("id")
        return [number] if isinstance(number, int) and not entry.get("name") else [entry]
    if not isinstance(entry, str):
        return [entry]
    if _NUMBERS.fullmatch(entry) or _HASHTAGS.fullmatch(entry):
        return [part.lstrip("#") for part in entry.split()]
    if not entry.isascii() and _HAN.fullmatch(entry.strip()):
        return list(entry.split())
    if len(entry) > _LONGEST or is_null(entry):
        return [entry]
    both = " and " in entry and all(part.lower() in _NAMED for part in _AND.split(entry))
    return list((_AND if both else _JOINED).split(entry))


def _id(entry: object) -> int | None:
    """Return the number that an entry is, None if it is none."""
    if isinstance(entry, bool):
        return None
    if isinstance(entry, float):
        return int(entry) if entry.is_integer() else None
    if isinstance(entry, str):
        return int(float(entry)) if _NUMBER.fullmatch(entry) else None
    return entry if isinstance(entry, int) else None


def genres(value: object) -> list[str] | None:
    """Return genres from a list in any notation, see `names`; numbers are those of TMDB.

    Raises
    ------
    CellError
        If the cell is no list that can be read, or has a number that is no genre of TMDB.

    Examples
    --------
    >>> genres("Action/Adventure"), genres("[28, 18]"), genres("{Action,Drama}")
    (['Action', 'Adventure'], ['Action', 'Drama'], ['Action', 'Drama'])
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and not is_null(value):
        value = [value]
    found = [part for entry in entries(value) for part in _parts(entry)]
    known = [_id(entry) for entry in found]
    if any(number is not None for number in known):
        present = [number for number in known if number is not None]
        if any(number not in TMDB_GENRES for number in present):
            raise CellError("holds a number that is not a genre of TMDB")
        found = [e if n is None else TMDB_GENRES[n] for e, n in zip(found, known, strict=True)]
    return listed(found)
