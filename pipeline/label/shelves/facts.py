"""What is known of the films of each group, for descriptions and for the optional namer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.label.naming.descriptions import ShelfFacts, describe
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.shelves.membership import parts_matrix
from pipeline.schemas.name_parts import NameParts

__all__ = ["Describer", "FilmFacts", "count_parts", "find_shelf_facts", "middle_years"]

_LEAST_SHARE = 0.2  # of the films of a group; rarer parts are not typical of it
_MIDDLE = (0.1, 0.9)  # quantiles of the years
_EXEMPLARS = 3  # titles of a description


def count_parts(
    partitions: Iterable[tuple[pa.Table, pa.Table]], groups: int, width: int
) -> sparse.csr_matrix:
    """Return the number of films of each group for which each part is true.

    Parameters
    ----------
    partitions : iterable of (pa.Table, pa.Table)
        For each partition FILM_PARTS (column `parts`) and ASSIGNMENTS (column `cluster`), row by
        row the same films.
    groups : int
        Number of groups.
    width : int
        Number of rows of PARTS.

    Returns
    -------
    csr_matrix of shape (groups, width), float64

    Examples
    --------
    >>> films = pa.table({"parts": pa.array([[0, 2], [2], []], pa.list_(pa.int32()))})
    >>> count_parts([(films, pa.table({"cluster": [1, 1, 0]}))], 2, 3).toarray().tolist()
    [[0.0, 0.0, 0.0], [1.0, 0.0, 2.0]]
    """
    total = sparse.csr_matrix((groups, width), dtype=np.float64)
    for films, assigned in partitions:
        clusters = assigned.column("cluster").to_numpy()
        ones, rows = np.ones(len(clusters)), np.arange(len(clusters))
        own = sparse.csr_matrix((ones, (clusters, rows)), shape=(groups, len(clusters)))
        total = total + own @ parts_matrix(films, width)
    return total


def middle_years(
    years: pa.ChunkedArray, clusters: np.ndarray, groups: int
) -> list[tuple[int, int] | None]:
    """Return the years between which at least 80 % of the films of each group lie.

    The earliest and the latest tenth are left out; of a few films, none is.

    Parameters
    ----------
    years : pa.ChunkedArray
        Year of each film, or null.
    clusters : ndarray of shape (n_films,), integer
        Group of each film.
    groups : int
        Number of groups.

    Returns
    -------
    list of (int, int) or None
        By group; None if no year is known.

    Examples
    --------
    >>> years = pa.chunked_array([[1912, 1968, None, 1989]])
    >>> middle_years(years, np.array([0, 0, 0, 0]), 2)
    [(1912, 1989), None]
    """
    known = np.flatnonzero(years.is_valid().to_numpy())
    values = years.drop_null().to_numpy()
    own = clusters[known]
    order = np.lexsort((values, own))
    parts = np.split(values[order], np.cumsum(np.bincount(own, minlength=groups))[:-1])
    found: list[tuple[int, int] | None] = []
    for part in parts:
        if not len(part):
            found.append(None)
            continue
        first = np.quantile(part, _MIDDLE[0], method="lower")
        last = np.quantile(part, _MIDDLE[1], method="higher")
        found.append((int(first), int(last)))
    return found


def find_shelf_facts(
    counts: sparse.csr_matrix,
    sizes: Sequence[int],
    parts: pa.Table,
    years: Sequence[tuple[int, int] | None],
    thin: Collection[int] = (),
) -> list[ShelfFacts]:
    """Return what is known of the films of each group.

    Parameters
    ----------
    counts : csr_matrix of shape (n_groups, n_parts)
        Result of `count_parts`.
    sizes : sequence of int
        Number of films of each group.
    parts : pa.Table
        PARTS.
    years : sequence of (int, int) or None
        Result of `middle_years`.
    thin : collection of int
        Groups of films without a theme.

    Returns
    -------
    list of ShelfFacts
        By group; `shares` has the parts that are true of at least 20 % of its films.
    """
    films = max(sum(sizes), 1)
    numbers = parts.column("number").to_pylist()
    base = dict(zip(numbers, (parts.column("films").to_numpy() / films).tolist(), strict=True))
    facts: list[ShelfFacts] = []
    for group, size in enumerate(sizes):
        row = counts.getrow(group)
        shares = row.data / max(size, 1)
        frequent = np.flatnonzero(shares >= _LEAST_SHARE)
        own = dict(zip(row.indices[frequent].tolist(), shares[frequent].tolist(), strict=True))
        facts.append(ShelfFacts(own, base, years[group], group in thin))
    return facts


@dataclass(frozen=True)
class FilmFacts:
    """What is known of all films of a catalogue, counted by cluster.

    Attributes
    ----------
    parts : pa.Table
        PARTS.
    counts : csr_matrix of shape (n_clusters, n_parts)
        Result of `count_parts`.
    clusters : ndarray of shape (n_films,), integer
        Cluster of each film.
    years : pa.ChunkedArray
        Year of each film, or null.
    """

    parts: pa.Table
    counts: sparse.csr_matrix
    clusters: np.ndarray
    years: pa.ChunkedArray

    def of_clusters(self, thin: Collection[int] = ()) -> list[ShelfFacts]:
        """Return the facts of each cluster; `thin` are those without a theme."""
        return self._of(self.clusters, self.counts, thin)

    def of_families(self, family: Sequence[int]) -> list[ShelfFacts]:
        """Return the facts of each family; `family` is that of each cluster."""
        numbers = np.array(family)
        shape = (int(numbers.max()) + 1, len(numbers))
        ones = np.ones(len(numbers))
        own = sparse.csr_matrix((ones, (numbers, np.arange(len(numbers)))), shape=shape)
        return self._of(numbers[self.clusters], (own @ self.counts).tocsr())

    def _of(
        self, groups: np.ndarray, counts: sparse.csr_matrix, thin: Collection[int] = ()
    ) -> list[ShelfFacts]:
        sizes = np.bincount(groups, minlength=counts.shape[0]).tolist()
        years = middle_years(self.years, groups, len(sizes))
        return find_shelf_facts(counts, sizes, self.parts, years, thin)


@dataclass(frozen=True)
class Describer:
    """Writes the description of each group.

    Attributes
    ----------
    names : sequence of NameParts
        Parts of the name of each group.
    facts : sequence of ShelfFacts
        What is known of the films of each group.
    vocabulary : PartVocabulary
        The parts of the catalogue.
    language : str
        Language of the names, ISO 639-1.
    extra : str
        Text of a user's file of words.
    """

    names: Sequence[NameParts]
    facts: Sequence[ShelfFacts]
    vocabulary: PartVocabulary
    language: str = "en"
    extra: str = ""

    def describe(self, group: int, exemplars: Sequence[str] = ()) -> str:
        """Return one sentence about a group, with the first three of the exemplars.

        Parameters
        ----------
        group : int
            Number of the group.
        exemplars : sequence of str
            Titles of typical films with their years, best first; without them the sentence ends
            before the titles.
        """
        titles = [(title, None) for title in exemplars[:_EXEMPLARS]]
        return describe(
            self.names[group],
            self.vocabulary,
            self.facts[group],
            titles,
            self.language,
            self.extra,
        )
