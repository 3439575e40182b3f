"""Parts of names and films for tests of shelves: films are written "ghost|Horror|decade:1970"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pipeline.schemas.mining import CENTROIDS, POINTS
from pipeline.schemas.name_parts import FACET, FILM_PARTS, GENRE, PARTS, SUBJECT, WORD, NameParts
from pipeline.schemas.vectors import column_of_vectors

__all__ = [
    "GENRE_NUMBERS",
    "KEYS",
    "WIDTH",
    "angles",
    "centroids_of",
    "film_parts",
    "members",
    "name",
    "number",
    "parts_table",
    "points_of",
]

SUBJECTS = (
    "ghost",
    "shark",
    "vampire",
    "heist",
    "vampirism",
    "ghost ship",
    "nun",
    "police officer",
)
GENRES = ("Horror", "Comedy", "Drama", "Crime", "Documentary", "Animation", "Western")
FACETS = (
    "decade:1960", "decade:1970", "era:silent", "era:classic", "language:en", "language:hi",
    "country:US", "country:IN", "form:short",
)  # fmt: skip
WORDS = {"cop": "police officer", "spectre": "ghost"}  # printed instead of a subject
_KINDS = [(SUBJECT, SUBJECTS), (GENRE, GENRES), (FACET, FACETS), (WORD, tuple(WORDS))]
KEYS = [key for _, keys in _KINDS for key in keys]
WIDTH = len(KEYS)
GENRE_NUMBERS = [KEYS.index(key) for key in GENRES]


def angles(*degrees: float) -> np.ndarray:
    """Return unit vectors of the plane."""
    radians = np.deg2rad(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def points_of(rows: np.ndarray) -> pa.Table:
    """Return POINTS."""
    ids = [f"f{row:03d}" for row in range(len(rows))]
    return pa.table(
        [pa.array(ids, pa.string()), column_of_vectors(rows)], schema=POINTS(rows.shape[1])
    )


def centroids_of(rows: np.ndarray) -> pa.Table:
    """Return CENTROIDS."""
    numbers = pa.array(range(len(rows)), pa.int32())
    return pa.table([numbers, column_of_vectors(rows)], schema=CENTROIDS(rows.shape[1]))


def number(key: str) -> int:
    """Return the number of a part."""
    return KEYS.index(key)


def numbers(film: str) -> list[int]:
    """Return the numbers of the parts of a film."""
    return sorted(number(key) for key in film.split("|") if key)


def film_parts(films: Sequence[str]) -> pa.Table:
    """Return FILM_PARTS: a word stands for its subject, which the film says in this word only."""
    rows = []
    for row, film in enumerate(films):
        keys = [key for key in film.split("|") if key]
        spoken = [key for key in keys if key in SUBJECTS or key in WORDS]
        true = {WORDS.get(key, key) for key in keys}
        rows.append(
            {
                "movie_id": f"f{row:03d}",
                "parts": sorted(map(number, true)),
                "literal": sorted(map(number, spoken)),
            }
        )
    return pa.Table.from_pylist(rows, FILM_PARTS)


def members(groups: Sequence[Sequence[str]]) -> pa.Table:
    """Return the films of clusters 0, 1, ... as the input of `propose_shelf_names`."""
    films = [film for group in groups for film in group]
    clusters = [cluster for cluster, group in enumerate(groups) for _ in group]
    own = film_parts(films).select(["parts", "literal"])
    own = own.append_column("weight", pa.array([1.0] * len(films), pa.float32()))
    return own.append_column("cluster", pa.array(clusters, pa.int32()))


def parts_table(films: Sequence[str], counts: Mapping[str, int] | None = None) -> pa.Table:
    """Return PARTS, counted over films; `counts` replaces the counts of some parts."""
    found = Counter(part for own in film_parts(films).column("parts").to_pylist() for part in own)
    rows = [
        {
            "number": number(key),
            "kind": kind,
            "key": key,
            "printed": key,
            "terms": [key] if kind == SUBJECT else [],
            "films": (counts or {}).get(key, found[number(key)]),
            "keyword_films": 0,
            "weight": 1.0,
            "same_as": number(WORDS.get(key, key)),
        }
        for kind, keys in _KINDS
        for key in keys
    ]
    return pa.Table.from_pylist(rows, PARTS)


def name(keys: str, *, every: bool = False, words: str = "") -> NameParts:
    """Return the name of these parts."""
    own = numbers(keys)
    kinds = {n: kind for kind, group in _KINDS for n in map(number, group)}
    subjects = tuple(n for n in own if kinds[n] == SUBJECT)
    return NameParts(
        subjects,
        tuple(n for n in own if kinds[n] == GENRE),
        every,
        tuple(n for n in own if kinds[n] == FACET),
        tuple(numbers(words)) or subjects,
    )
