"""Shelves of films without a theme that a name could say: by language, genre and time.

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

__all__ = ["REST_KEYS", "RestShelf", "count_rest", "rest_keys", "rest_shelves"]

# The genre that a film is shelved by: the first of these that it has, the most telling ones first.
_GENRES = (
    "Documentary", "Animation", "Western", "Horror", "Science Fiction", "War", "Music", "Musical",
    "Family", "Fantasy", "Crime", "Thriller", "Mystery", "Action", "Adventure", "Romance", "Sport",
    "History", "Comedy", "Drama",
)  # fmt: skip
_LEVELS = ("language", "genre", "time")

# Number of films without theme by the parts (numbers of PARTS) by which they are shelved.
REST_KEYS = pa.schema([*((level, pa.int32()) for level in _LEVELS), ("films", pa.int64())])


@dataclass(frozen=True)
class RestShelf:
    """A shelf of films without theme.

    Attributes
    ----------
    language, genre, time : int or None
        The parts that its films share; None for those that the shelf does not say.
    films : int
        Number of films.
    """

    language: int | None
    genre: int | None
    time: int | None
    films: int

    @property
    def key(self) -> tuple[int | None, int | None, int | None]:
        """Language, genre and time."""
        return self.language, self.genre, self.time

    @property
    def name(self) -> NameParts:
        """Its name."""
        facets = tuple(part for part in (self.time, self.language) if part is not None)
        return NameParts((), () if self.genre is None else (self.genre,), False, facets)


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
    ndarray of shape (n_films, 3), int32
        Numbers of PARTS: the language, unless it is that of most films of the catalogue; the most
        telling genre; and the era "silent" or the decade. -1 for unknown.
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
    genres = [number[GENRE, key] for key in _GENRES if (GENRE, key) in number]
    times = [number[FACET, "era:silent"]] if (FACET, "era:silent") in number else []
    times += [n for (kind, key), n in sorted(number.items()) if _is(kind, key, "decade:")]
    keys = np.full((film_parts.num_rows, len(_LEVELS)), -1, np.int32)
    for level, choices in enumerate(([n for n in languages if n != main], genres, times)):
        for choice in reversed(choices):  # so that the first one stays
            keys[films[:, [choice]].indices, level] = choice
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

    All films are divided by language, then by genre, then by time, as long as a shelf has more than
    `most` films. A division that would have fewer than `least` films is not made.

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
        if level < len(_LEVELS) and films > (most if said else 0):
            name = _LEVELS[level]
            sizes = own.groupby(name)["films"].sum()
            for value in sizes.index[(sizes.index >= 0) & (sizes >= least)]:
                divide(own[own[name] == value], level + 1, {**said, name: int(value)})
                own = own[own[name] != value]
            divide(own, level + 1, said)
        elif said and films >= least:
            found.append(
                RestShelf(said.get("language"), said.get("genre"), said.get("time"), films)
            )

    divide(rows, 0, {})
    return sorted(found, key=lambda shelf: (-len(shelf.name.all_numbers), shelf.name))


def shelve_rest(keys: np.ndarray, shelves: Sequence[Sequence[int | None]]) -> np.ndarray:
    """Return the position of the shelf of each film, -1 for none.

    Parameters
    ----------
    keys : ndarray of shape (n_films, 3), int32
        Result of `rest_keys`.
    shelves : sequence of (int or None, int or None, int or None)
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
