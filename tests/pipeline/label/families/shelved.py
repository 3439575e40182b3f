"""Micro-genres for tests of families: each is a list of films, written "ghost|Horror"."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa

from pipeline.label.families import Families, PossibleNames, possible_names
from pipeline.label.shelves.facts import count_parts
from pipeline.schemas.name_parts import NameParts
from tests.pipeline.label.shelves.parts_of_films import WIDTH, film_parts, number, parts_table

__all__ = ["genre", "possible", "sizes_of", "subject", "truth_of"]


def genre(*keys: str) -> NameParts:
    """Return the name of one genre, or of two where one suffices."""
    return NameParts((), tuple(sorted(map(number, keys))))


def subject(key: str) -> NameParts:
    """Return the name of one subject."""
    return NameParts((number(key),), words=(number(key),))


def sizes_of(films: dict[int, list[str]]) -> np.ndarray:
    """Return the number of films of each micro-genre."""
    return np.array([len(films[n]) for n in range(len(films))])


def possible(
    films: dict[int, list[str]], partitions: int = 1, renamed: dict[str, str] | None = None
) -> PossibleNames:
    """Return the names that families of these micro-genres could have; some parts renamed."""
    written = [film for n in range(len(films)) for film in films[n]]
    clusters = pa.array(np.repeat(np.arange(len(films)), sizes_of(films)), pa.int32())
    table = film_parts(written).select(["parts"])
    cuts = np.linspace(0, len(written), partitions + 1).astype(int).tolist()
    pairs = [
        (table.slice(a, b - a), pa.table([clusters.slice(a, b - a)], ["cluster"]))
        for a, b in pairwise(cuts)
    ]
    counts = count_parts(pairs, len(films), WIDTH)
    parts = parts_table(written)
    keys = [(renamed or {}).get(key, key) for key in parts.column("key").to_pylist()]
    parts = parts.set_column(2, parts.schema.field("key"), pa.array(keys, pa.string()))
    return possible_names(lambda: pairs, counts, sizes_of(films), parts)


def truth_of(films: dict[int, list[str]], found: Families) -> list[float]:
    """Return the share of the films of each family for which its name is true."""
    true: list[list[bool]] = [[] for _ in found.names]
    for n, family in enumerate(found.family.tolist()):
        for own in film_parts(films[n]).column("parts").to_pylist():
            true[family].append(found.names[family].is_true_of(set(own)))
    return [sum(own) / len(own) for own in true]
