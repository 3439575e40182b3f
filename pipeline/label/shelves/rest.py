"""Shelves of films without a theme that a name could say: by genres, language and time.

Films about which too little is known, and films that fit no near shelf with a theme, are grouped by
what their metadata says. The name of such a shelf is true of all its films.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.label.shelves.membership import parts_matrix
from pipeline.schemas.name_parts import FACET, GENRE, NameParts
from pipeline.schemas.stage import stage

__all__ = ["REST_KEYS", "TELLING_GENRES", "RestShelf", "count_rest", "rest_keys", "rest_shelves"]

# The genre that a film is shelved by: the first of these that it has, the most telling ones first.
TELLING_GENRES = (
    "Documentary", "Animation", "Western", "Horror", "Science Fiction", "War", "Music", "Musical",
    "Family", "Fantasy", "Crime", "Thriller", "Mystery", "Action", "Adventure", "Romance", "Sport",
    "History", "Comedy", "Drama",
)  # fmt: skip
_LEVELS = ("genre", "language", "second", "time")
_ALWAYS = ("genre", "language")  # levels by which films are divided however few a shelf has

# Number of films without theme by the parts (numbers of PARTS) by which they are shelved.
REST_KEYS = pa.schema([*((level, pa.int32()) for level in _LEVELS), ("films", pa.int64())])


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
    ndarray of shape (n_films, 4), int32
        Numbers of PARTS: the most telling genre; the language, unless it is that of most films of
        the catalogue; the next genre; and the era "silent" or the decade. -1 for unknown.
    """
    films = parts_matrix(film_parts, len(parts)).tocsc()
    number = {
        (kind, key): row
        for row, (kind, key) in enumerate(
            zip(parts.column("kind").to_pylist(), parts.column("key").to_pylist(), strict=True)
        )
    }
    counts = parts.column("films").to_numpy()
    languages = [n for (kind, key), n in number.items() if _is(kind, key, "language:")]
    main = max(languages, key=lambda n: (counts[n], -n), default=-1)
    genres = [number[GENRE, key] for key in TELLING_GENRES if (GENRE, key) in number]
    times = [number[FACET, "era:silent"]] if (FACET, "era:silent") in number else []
    times += [n for (kind, key), n in sorted(number.items()) if _is(kind, key, "decade:")]
    keys = np.full((film_parts.num_rows, len(_LEVELS)), -1, np.int32)
    genre, language, second, time = keys.T
    for own, choices in (
        (language, [n for n in languages if n != main]),
        (genre, genres),
        (time, times),
    ):
        for choice in reversed(choices):  # so that the first one stays
            own[films[:, [choice]].indices] = choice
    for choice in reversed(genres):
        own_films = films[:, [choice]].indices
        second[own_films[genre[own_films] != choice]] = choice
    return keys


@stage("rest-keys", inputs=("film_parts", "assignments", "parts"), outputs=("keys",))
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
    columns = [pa.array(keys[:, level], pa.int32()) for level in range(len(_LEVELS))]
    return {"keys": pa.table([*columns, pa.array(films, pa.int64())], schema=REST_KEYS)}


def rest_shelves(keys: Iterable[pa.Table], least: int, most: int) -> list[RestShelf]:
    """Return the shelves for films without theme, those that say most first.

    All films are divided by their most telling genre and by language, then by a second genre and by
    time, as long as a shelf has more than `most` films. A division that would have fewer than
    `least` films is not made.

    Parameters
    ----------
    keys : iterable of pa.Table
        REST_KEYS of all partitions.
    least, most : int
        Fewest films of a shelf, and number of films from which a shelf is divided.

    Returns
    -------
    list of RestShelf
        A film belongs to the first of them whose parts are all true of it. Films that none of them
        has are left: no part that enough of them share is known.
    """
    rows = pd.concat([table.to_pandas() for table in keys], ignore_index=True)
    rows = rows.groupby(list(_LEVELS), as_index=False)["films"].sum()
    found: list[RestShelf] = []

    def divide(own: pd.DataFrame, level: int, said: dict[str, int]) -> None:
        films = int(own["films"].sum())
        if level == len(_LEVELS):
            if said and films >= least:
                genre, language, second, time = map(said.get, _LEVELS)
                found.append(RestShelf(genre, language, second, time, films))
            return
        name = _LEVELS[level]
        if films > (most if said and name not in _ALWAYS else 0):
            sizes = own.groupby(name)["films"].sum()
            for value in sizes.index[(sizes.index >= 0) & (sizes >= least)]:
                divide(own[own[name] == value], level + 1, {**said, name: int(value)})
                own = own[own[name] != value]
        divide(own, level + 1, said)

    divide(rows, 0, {})
    # as they were divided: a film without the genre of any shelf, but of no other film
    return sorted(found, key=lambda shelf: [(part is None, part or 0) for part in shelf.key])


def shelve_rest(keys: np.ndarray, shelves: Sequence[Sequence[int | None]]) -> np.ndarray:
    """Return the position of the shelf of each film, -1 for none.

    Parameters
    ----------
    keys : ndarray of shape (n_films, 4), int32
        Result of `rest_keys`.
    shelves : sequence of sequence of int or None
        `key` of each result of `rest_shelves`.
    """
    own = np.full(len(keys), -1, np.int64)
    for position in reversed(range(len(shelves))):
        fits = np.ones(len(keys), bool)
        for level, part in enumerate(shelves[position]):
            if part is not None:
                fits &= keys[:, level] == part
        own[fits] = position
    return own


def _is(kind: str, key: str, prefix: str) -> bool:
    return kind == FACET and key.startswith(prefix)
