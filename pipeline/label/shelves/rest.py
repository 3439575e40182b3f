"""Shelves of films without a theme that a name could say: by genres, language and time.

Films about which too little is known, and films that fit no near shelf with a theme, are grouped by
what their metadata says. The name of such a shelf is true of all its films.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.label.shelves.membership import parts_matrix
from pipeline.schemas.name_parts import FACET, GENRE, NameParts
from pipeline.schemas.stage import stage

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "REST_KEYS",
    "TELLING_GENRES",
    "RestShelf",
    "count_rest",
    "rest_keys",
    "rest_shelves",
    "telling_genres",
]

# The genre that a film is shelved by: the first of these that it has, the most telling ones first.
TELLING_GENRES = (
    "Documentary", "Animation", "Western", "Horror", "Science Fiction", "War", "Music", "Musical",
    "Family", "Fantasy", "Crime", "Thriller", "Mystery", "Action", "Adventure", "Romance", "Sport",
    "History", "Comedy", "Drama",
)  # fmt: skip
_KEYS = ("genre_1", "genre_2", "genre_3", "genre_4", "language", "time")
_GENRE_KEYS = 4  # genres of a film that count, the first columns of a key
_LEVELS = ("genre", "language", "second", "time")
_ALWAYS = ("genre", "language")  # levels by which films are divided however few a shelf has

# Number of films without theme by the parts (numbers of PARTS) by which they are shelved.
REST_KEYS = pa.schema([*((key, pa.int32()) for key in _KEYS), ("films", pa.int64())])


@dataclass(frozen=True)
class RestShelf:
    """A shelf of films without theme.

    Attributes
    ----------
    genre, language, second, time : int or None
        The parts that its films share, numbers of PARTS; None for those that the shelf does not
        say. `second` is a further genre.
    films : int
        Number of films.
    """

    genre: int | None
    language: int | None
    second: int | None
    time: int | None
    films: int

    @property
    def key(self) -> tuple[int | None, ...]:
        """Genre, language, second genre and time."""
        return self.genre, self.language, self.second, self.time

    @property
    def name(self) -> NameParts:
        """Its name."""
        genres = [part for part in (self.genre, self.second) if part is not None]
        facets = tuple(part for part in (self.time, self.language) if part is not None)
        return NameParts((), tuple(sorted(genres)), len(genres) > 1, facets)


def telling_genres(parts: pa.Table) -> list[int]:
    """Return the genres that films are shelved by, numbers of PARTS, the most telling first."""
    number = _numbers(parts)
    return [number[GENRE, key] for key in TELLING_GENRES if (GENRE, key) in number]


def rest_keys(film_parts: pa.Table, parts: pa.Table) -> np.ndarray:
    """Return the parts by which films are shelved that have no theme.

    Parameters
    ----------
    film_parts : pa.Table
        FILM_PARTS.
    parts : pa.Table
        PARTS.

    Returns
    -------
    ndarray of shape (n_films, 6), int32
        Numbers of PARTS: at most four genres, the most telling first; the language, unless it is
        that of most films of the catalogue; and the era "silent" or the decade. -1 for unknown.
    """
    films = parts_matrix(film_parts, len(parts)).tocsc()
    number = _numbers(parts)
    counts = parts.column("films").to_numpy()
    languages = [n for (kind, key), n in number.items() if _is(kind, key, "language:")]
    main = max(languages, key=lambda n: (counts[n], -n), default=-1)
    genres = telling_genres(parts)
    times = [number[FACET, "era:silent"]] if (FACET, "era:silent") in number else []
    times += [n for (kind, key), n in sorted(number.items()) if _is(kind, key, "decade:")]
    keys = np.full((film_parts.num_rows, len(_KEYS)), -1, np.int32)
    found = np.zeros(len(keys), np.int64)  # genres of each film so far
    for genre in genres:
        own = films[:, [genre]].indices
        own = own[found[own] < _GENRE_KEYS]
        keys[own, found[own]] = genre
        found[own] += 1
    for column, choices in ((-2, [n for n in languages if n != main]), (-1, times)):
        for choice in reversed(choices):  # so that the first one stays
            keys[films[:, [choice]].indices, column] = choice
    return keys


@stage("rest-keys", inputs=("film_parts", "assignments", "parts"), outputs=("keys",), version=2)
def count_rest(film_parts: pa.Table, assignments: pa.Table, parts: pa.Table) -> dict[str, pa.Table]:
    """Count the films of one partition that have no theme, by `rest_keys`.

    Parameters
    ----------
    film_parts : pa.Table
        FILM_PARTS.
    assignments : pa.Table
        Column cluster (int32), row by row the same films; -1 for films without theme.
    parts : pa.Table
        PARTS.

    Returns
    -------
    dict of str to pa.Table
        `keys`: REST_KEYS.
    """
    own = rest_keys(film_parts, parts)[assignments.column("cluster").to_numpy() < 0]
    keys, films = np.unique(own, axis=0, return_counts=True)
    columns = [pa.array(keys[:, column], pa.int32()) for column in range(len(_KEYS))]
    return {"keys": pa.table([*columns, pa.array(films, pa.int64())], schema=REST_KEYS)}


def rest_shelves(
    keys: Iterable[pa.Table], genres: Sequence[int], few: int, least: int, most: int
) -> list[RestShelf]:
    """Return the shelves for films without theme, those that say most first.

    All films are divided by genre and by language, then by a second genre and by time as long as a
    shelf has more than `most` films. A film whose most telling genre is rare is shelved by its next
    one; films all of whose genres are rare have shelves of their own from `few` films on.

    Parameters
    ----------
    keys : iterable of pa.Table
        REST_KEYS of all partitions.
    genres : sequence of int
        Result of `telling_genres`.
    few, least, most : int
        Fewest films of a shelf of rare genres, and of another; and number of films from which a
        shelf is divided.

    Returns
    -------
    list of RestShelf
        A film belongs to the first of them whose parts are all true of it. Films that none of them
        has are left: no part that enough of them share is known.
    """
    import pandas as pd  # slow to import

    counted = pd.concat([table.to_pandas() for table in keys], ignore_index=True)
    counted = counted.groupby(list(_KEYS), as_index=False)["films"].sum()
    own_keys = counted[list(_KEYS)].to_numpy(np.int32)
    films = counted["films"].to_numpy(np.int64)
    order = _frequent_genres(own_keys, films, genres, least)
    left = np.where(_levels(own_keys, order)[:, 0] < 0, films, 0)
    order += _frequent_genres(own_keys, left, [n for n in genres if n not in order], few)
    rows = pd.DataFrame(_levels(own_keys, order), columns=list(_LEVELS)).assign(films=films)
    found: list[RestShelf] = []

    def divide(own: pd.DataFrame, level: int, said: dict[str, int]) -> None:
        total = int(own["films"].sum())
        if level == len(_LEVELS):
            if said and total >= few:
                genre, language, second, time = map(said.get, _LEVELS)
                found.append(RestShelf(genre, language, second, time, total))
            return
        name = _LEVELS[level]
        if total > (most if said and name not in _ALWAYS else 0):
            fewest = few if name == "genre" else least
            for value in _divisions(own, name, fewest, total if said else 0):
                divide(own[own[name] == value], level + 1, {**said, name: value})
                own = own[own[name] != value]
        divide(own, level + 1, said)

    divide(rows, 0, {})

    # as they were divided: what says less comes after what says more
    def rank(shelf: RestShelf) -> list[tuple[bool, int]]:
        genre, *others = shelf.key
        place = order.index(genre) if genre is not None else 0
        return [(genre is None, place), *((part is None, part or 0) for part in others)]

    return sorted(found, key=rank)


def shelve_rest(keys: np.ndarray, shelves: Sequence[Sequence[int | None]]) -> np.ndarray:
    """Return the position of the shelf of each film, -1 for none.

    Parameters
    ----------
    keys : ndarray of shape (n_films, 6), int32
        Result of `rest_keys`.
    shelves : sequence of sequence of int or None
        `key` of each result of `rest_shelves`.
    """
    genres = dict.fromkeys(shelf[0] for shelf in shelves if shelf[0] is not None)
    levels = _levels(keys, list(genres))
    own = np.full(len(keys), -1, np.int64)
    for position in reversed(range(len(shelves))):
        fits = np.ones(len(keys), bool)
        for level, part in enumerate(shelves[position]):
            if part is not None:
                fits &= levels[:, level] == part
        own[fits] = position
    return own


def _frequent_genres(
    keys: np.ndarray, films: np.ndarray, genres: Sequence[int], least: int
) -> list[int]:
    """Genres by which at least `least` films are shelved; those of a rare one have their next."""
    frequent = list(genres)
    for genre in genres:
        if films[_levels(keys, frequent)[:, 0] == genre].sum() < least:
            frequent.remove(genre)
    return frequent


def _levels(keys: np.ndarray, genres: Sequence[int]) -> np.ndarray:
    """Genre (the first of `genres` that a film has), language, next genre and time of films."""
    own = keys[:, :_GENRE_KEYS]
    first = np.full(len(keys), -1, np.int32)
    for genre in reversed(genres):
        first[(own == genre).any(1)] = genre
    others = (own != first[:, None]) & (own >= 0) & (first >= 0)[:, None]
    second = np.where(others.any(1), own[np.arange(len(keys)), others.argmax(1)], -1)
    return np.stack([first, keys[:, -2], second, keys[:, -1]], axis=1)


def _divisions(own: pd.DataFrame, name: str, least: int, total: int) -> list[int]:
    """Values of a level by which `total` films are divided; none, or `least` of them, are left."""
    sizes = own[own[name] >= 0].groupby(name)["films"].sum()
    sizes = sizes[sizes >= least].sort_values(kind="stable", ascending=False)
    while len(sizes) and 0 < total - int(sizes.sum()) < least:
        sizes = sizes.iloc[:-1]
    return sorted(map(int, sizes.index))


def _numbers(parts: pa.Table) -> dict[tuple[str, str], int]:
    """The number of each part, by its kind and key."""
    pairs = zip(parts.column("kind").to_pylist(), parts.column("key").to_pylist(), strict=True)
    return {pair: number for number, pair in enumerate(pairs)}


def _is(kind: str, key: str, prefix: str) -> bool:
    return kind == FACET and key.startswith(prefix)
