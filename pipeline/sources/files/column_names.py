"""Names of columns in catalogues: `config/lexicon/columns.toml`, looked up in any spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from pipeline.schemas.words.lexicon_file import read_lexicon
from pipeline.sources.files.units import named_units, spell_out

__all__ = ["NamedLike", "column_number", "find_names", "nearest_names", "normalize"]

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BRACKETS = re.compile(r"[(\[\uff08\u3010][^()\[\]\uff08\uff09\u3010\u3011]*[)\]\uff09\u3011]")
_AGAIN = re.compile(r"(.+)\.\d")  # the name of a column whose name the header has before
# "Release Date (Streaming)" is not that of the film.
_LATER_RELEASE = re.compile(
    r"[(\[][^)\]]*(?:stream|dvd|blu.?ray|video|digital|vod|televi|added|acquired|home)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"_?(\d{1,2})(?=_|$)")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe"})
_DERIVED = 1_000  # rank added for each step away from the name in the file


@dataclass(frozen=True)
class NamedLike:
    """A column of the file is named like a column of MOVIES.

    Attributes
    ----------
    target : str
        Column of MOVIES, `imdb_id`, `tmdb_id` or `type`.
    rank : int
        Preference among the columns of this target; smaller is better.
    weak : bool
        Whether the name means something else in many files.
    scale : float
        Factor of a number in other units, such as 1,000,000 for "Revenue (Millions)"; 0 where
        they cannot be converted.
    unit : str
        What the name says of units, such as "in seconds"; else empty.
    """

    target: str
    rank: int
    weak: bool
    scale: float = 1.0
    unit: str = ""


def normalize(name: str) -> str:
    """Return a name in lower case without accents, its words joined by `_`.

    Examples
    --------
    >>> [normalize(name) for name in ("Runtime (Minutes)", "imdbRating", "Título", "片名")]
    ['runtime_minutes', 'imdb_rating', 'titulo', '片名']
    """
    text = unicodedata.normalize("NFKC", name).replace("imDb", "imdb").replace("IMDb", "Imdb")
    text = _CAMEL.sub("_", text.replace("TMDb", "Tmdb"))
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFKC", kept)).strip("_")


@cache
def _file() -> Mapping[str, Any]:
    return read_lexicon("columns")


@cache
def _parts(kind: str) -> frozenset[str]:
    return frozenset(_file()["parts"][kind])


@cache
def _lexicon() -> Mapping[str, tuple[NamedLike, ...]]:
    found: dict[str, list[NamedLike]] = {}
    for target, lists in _file()["columns"].items():
        for weak in (False, True):
            for rank, name in enumerate(lists["weak" if weak else "names"]):
                key = normalize(name).replace("_", "")
                entries = found.setdefault(key, [])
                if all(entry.target != target for entry in entries):
                    entries.append(NamedLike(target, rank, weak))
    return {key: tuple(entries) for key, entries in found.items()}


@lru_cache(4_096)
def find_names(name: str) -> tuple[NamedLike, ...]:
    """Return what a column of the file is named like, the nearest first.

    Examples
    --------
    >>> [(found.target, found.scale) for found in find_names("Revenue (Millions)")]
    [('revenue_usd', 1000000.0)]
    >>> [found.target for found in find_names("imdbID")]
    ['imdb_id', 'movie_id']
    """
    own = normalize(name)
    found: dict[str, NamedLike] = {}
    seen = {own.replace("_", "")}
    _add(found, own, 0, _lexicon())
    bare = "" if _LATER_RELEASE.search(name) else normalize(_BRACKETS.sub(" ", name))
    steps = [(own, 0)] + ([(bare, 0)] if bare and bare != own else [])
    for words, level in steps:
        if level:
            _add(found, words, level, _lexicon())
        if found or level > 2:
            continue
        for shorter in _shorter(words):
            key = shorter.replace("_", "")
            if key and key not in seen:
                seen.add(key)
                steps.append((shorter, level + 1))
        if level == 0 and words != own:
            _add(found, words, 1, _lexicon())
    for target, rest, unit in named_units(name, normalize(spell_out(name))):
        for entry in _lexicon().get(rest.replace("_", ""), ()):
            if entry.target == target:
                nearest = found.get(target, replace(entry, rank=entry.rank + _DERIVED))
                found[target] = replace(nearest, scale=unit.factor, unit=unit.says)
    if not found and (again := _AGAIN.fullmatch(name)):
        # A header that repeats "overview" has the texts in either column.
        texts = [like for like in find_names(again[1]) if like.target == "overview"]
        return tuple(replace(like, rank=like.rank + _DERIVED) for like in texts)
    return tuple(sorted(found.values(), key=lambda n: (n.weak, n.rank)))


def _add(
    found: dict[str, NamedLike],
    words: str,
    level: int,
    lexicon: Mapping[str, tuple[NamedLike, ...]],
) -> None:
    for entry in lexicon.get(words.replace("_", ""), ()):
        if entry.target not in found:
            # A weak name that is only a small part of the whole name says too little.
            if entry.weak and level > 1:
                continue
            # `imdb.title` is a title, but `imdb.id` is no id of this file.
            if entry.target in ("movie_id", "imdb_id", "tmdb_id", "type") and level:
                continue
            found[entry.target] = NamedLike(entry.target, entry.rank + level * _DERIVED, entry.weak)


def _shorter(words: str) -> list[str]:
    """Return the name without its first or last word where that says where, not what."""
    parts = words.split("_")
    out = []
    if len(parts) > 1:
        if parts[0] in _parts("places"):
            out.append("_".join(parts[1:]))
        if parts[-1] in _parts("endings") or parts[-1] in _parts("languages"):
            out.append("_".join(parts[:-1]))
    return out


def column_number(name: str) -> tuple[str, int] | None:
    """Return the name without its number, and the number, of one of several like columns.

    Examples
    --------
    >>> column_number("Star2"), column_number("actor_1_name"), column_number("Title")
    (('star', 2), ('actor_name', 1), None)
    """
    words = normalize(name)
    numbers = _NUMBER.findall(words)
    rest = _NUMBER.sub("", words).strip("_")
    return (rest, int(numbers[0])) if len(numbers) == 1 and rest else None


def nearest_names(name: str, among: list[str]) -> list[str]:
    """Return the most similar of several names, at most one, for "did you mean"."""
    import difflib  # used for errors only

    by_key = {normalize(other): other for other in reversed(among)}
    close = difflib.get_close_matches(normalize(name), list(by_key), n=1, cutoff=0.6)
    return [by_key[key] for key in close]
