"""Numbers of films of clusters, and of those with keywords."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "ClusterFacts",
    "count_cluster_facts",
    "merge_cluster_facts",
    "size_table",
]


@dataclass
class ClusterFacts:
    """Counts of the films of one cluster, or of one family.

    Attributes
    ----------
    films : int
        Number of films.
    keyword_films : int
        Number of films with at least one keyword.
    """

    films: int = 0
    keyword_films: int = 0


def count_cluster_facts(partitions: Iterable[tuple[pa.Table, pa.Table]]) -> list[ClusterFacts]:
    """Count the films of each cluster over all partitions.

    Parameters
    ----------
    partitions : iterable of (pa.Table, pa.Table)
        For each partition its movies (column `keywords`) and its assignments (column `cluster`),
        row by row the same films. There is at least one film.

    Returns
    -------
    list of ClusterFacts
        One for each cluster, from 0 to the highest number.

    Examples
    --------
    >>> movies = pa.table({"keywords": [["spy"], None]})
    >>> count_cluster_facts([(movies, pa.table({"cluster": [0, 0]}))])
    [ClusterFacts(films=2, keyword_films=1)]
    """
    films, keyword_films = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for movies, assignments in partitions:
        clusters = assignments.column("cluster").to_numpy()
        lengths = pc.fill_null(pc.list_value_length(movies.column("keywords")), 0).to_numpy()
        own = np.bincount(clusters, minlength=len(films))
        films = own + np.pad(films, (0, len(own) - len(films)))
        keyword_films = np.bincount(clusters[lengths > 0], minlength=len(own)) + np.pad(
            keyword_films, (0, len(own) - len(keyword_films))
        )
    pairs = zip(films.tolist(), keyword_films.tolist(), strict=True)
    return [ClusterFacts(*pair) for pair in pairs]


def merge_cluster_facts(
    facts: Sequence[ClusterFacts], families: Sequence[int]
) -> list[ClusterFacts]:
    """Add up the facts of the clusters of each family.

    Parameters
    ----------
    facts : sequence of ClusterFacts
        One for each cluster.
    families : sequence of int
        The family of each cluster, numbered from 0.

    Returns
    -------
    list of ClusterFacts
        One for each family.
    """
    merged = [ClusterFacts() for _ in range(max(families) + 1)]
    for own, family in zip(facts, families, strict=True):
        merged[family].films += own.films
        merged[family].keyword_films += own.keyword_films
    return merged


def size_table(facts: Sequence[ClusterFacts]) -> pa.Table:
    """Return the input `sizes` of the stage `candidates`.

    Parameters
    ----------
    facts : sequence of ClusterFacts
        One for each cluster.

    Returns
    -------
    pa.Table
        Columns cluster (int32), films (int64) and keyword_films (int64), by cluster.
    """
    columns = [
        pa.array(range(len(facts)), pa.int32()),
        pa.array([own.films for own in facts], pa.int64()),
        pa.array([own.keyword_films for own in facts], pa.int64()),
    ]
    return pa.table(columns, names=["cluster", "films", "keyword_films"])
