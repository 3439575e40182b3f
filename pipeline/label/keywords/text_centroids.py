"""Mean text vectors of clusters: sums of text vectors, added up over partitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of, unit_rows

__all__ = [
    "centroid_table",
    "cluster_text_means",
    "family_means",
    "sum_by_cluster",
    "text_means",
    "text_sums",
]


@stage("text-sums", inputs=("embeddings", "assignments"), outputs=("sums",))
def text_sums(embeddings: pa.Table, assignments: pa.Table) -> dict[str, pa.Table]:
    """Add up the text vectors of one partition by cluster.

    Parameters
    ----------
    embeddings : pa.Table
        EMBEDDINGS; only `vector` is read.
    assignments : pa.Table
        ASSIGNMENTS, row by row the same films; only `cluster` is read.

    Returns
    -------
    dict of str to pa.Table
        `sums`: cluster (int32) and vector (dim float64), one row for each cluster with films in
        this partition.
    """
    vectors = matrix_of(embeddings)
    clusters, totals = sum_by_cluster(vectors, assignments.column("cluster").to_numpy())
    columns = [pa.array(clusters, pa.int32()), column_of_vectors(totals, "float64")]
    return {"sums": pa.table(columns, ["cluster", "vector"])}


def sum_by_cluster(vectors: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add up vectors by cluster, in the order of the rows.

    Parameters
    ----------
    vectors : ndarray of shape (n_films, dim), float32
        One vector per film.
    clusters : ndarray of shape (n_films,), integer
        The cluster of each film, from 0.

    Returns
    -------
    clusters : ndarray of shape (n_found,), integer
        The clusters that have films, ascending.
    sums : ndarray of shape (n_found, dim), float64
        The sum of the vectors of each.
    """
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    sums = np.zeros((0, vectors.shape[1]))
    if len(vectors):
        sums = np.add.reduceat(vectors[order], starts, axis=0, dtype=np.float64)
    return clusters[order[starts]], sums


def text_means(sums: Iterable[pa.Table], k: int) -> np.ndarray:
    """Return the mean text vector of each cluster from the sums of all partitions.

    Parameters
    ----------
    sums : iterable of pa.Table
        Output `sums` of `text_sums`, added up in this order.
    k : int
        Number of clusters.

    Returns
    -------
    ndarray of shape (k, dim), float32
        Unit vectors; zero for a cluster without films.

    Raises
    ------
    ValueError
        If there is no partition.
    """
    total: np.ndarray | None = None
    for part in sums:
        vectors = part.column("vector").combine_chunks()
        rows = vectors.flatten().to_numpy().reshape(len(part), vectors.type.list_size)
        total = np.zeros((k, rows.shape[1])) if total is None else total
        total[part.column("cluster").to_numpy()] += rows
    if total is None:
        raise ValueError("no partition: there is nothing to take the mean of")
    return unit_rows(total)


def cluster_text_means(embeddings: pa.Table, assignments: pa.Table, k: int) -> np.ndarray:
    """Return `text_means` of films that are in memory at once.

    Parameters
    ----------
    embeddings : pa.Table
        Column `vector`, one per film.
    assignments : pa.Table
        Column `cluster`, row by row the same films.
    k : int
        Number of clusters.

    Returns
    -------
    ndarray of shape (k, dim), float32
        Unit vectors; zero for a cluster without films.

    Examples
    --------
    >>> films = pa.table({"vector": column_of_vectors(np.diag([3.0, 4.0]))})
    >>> cluster_text_means(films, pa.table({"cluster": [1, 0]}), 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return text_means([text_sums(embeddings, assignments)["sums"]], k)


def family_means(means: np.ndarray, films: Sequence[int], families: Sequence[int]) -> np.ndarray:
    """Return the mean text vector of each family: its clusters' means weighted by their films.

    Parameters
    ----------
    means : ndarray of shape (k, dim), float32
        Unit mean text vector of each cluster.
    films : sequence of int
        Number of films of each cluster.
    families : sequence of int
        The family of each cluster, numbered from 0.

    Returns
    -------
    ndarray of shape (n_families, dim), float32
        Unit vectors.
    """
    total = np.zeros((max(families) + 1, means.shape[1]))
    np.add.at(total, np.asarray(families), means * np.asarray(films)[:, None])
    return unit_rows(total)


def centroid_table(means: np.ndarray) -> pa.Table:
    """Return mean vectors as CENTROIDS.

    Parameters
    ----------
    means : ndarray of shape (k, dim), float32
        One unit vector per cluster, in the order of their numbers.
    """
    clusters = pa.array(range(len(means)), pa.int32())
    return pa.table([clusters, column_of_vectors(means)], schema=CENTROIDS(means.shape[1]))
