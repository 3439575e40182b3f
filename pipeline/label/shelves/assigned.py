"""Films assigned to clusters: their table, and the sums from which centroids follow."""

from __future__ import annotations

from collections.abc import Iterable

import faiss
import numpy as np
import pyarrow as pa

from pipeline.label.keywords.text_centroids import sum_by_cluster
from pipeline.schemas.mining import ASSIGNMENTS, CENTROIDS
from pipeline.schemas.vectors import column_of_vectors, matrix_of, unit_rows

__all__ = [
    "appended",
    "centroid_index",
    "mean_points",
    "measured_assignments",
    "padded",
    "renumbered",
    "sum_films",
]

_BATCH = 8_192  # films compared at a time


def centroid_index(means: np.ndarray) -> faiss.Index:
    """Return an exact index by cosine of centroids; it is searched in one thread.

    Parameters
    ----------
    means : ndarray of shape (k, dim), float32
        Unit vectors.
    """
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(means.shape[1])
    index.add(means)
    return index


def measured_assignments(
    ids: pa.ChunkedArray, rows: np.ndarray, clusters: np.ndarray, means: np.ndarray
) -> pa.Table:
    """Return the assignment of films to given clusters with its figures.

    Parameters
    ----------
    ids : pa.ChunkedArray
        Ids of the films.
    rows : ndarray of shape (n_films, dim), float32
        Their points, of unit length.
    clusters : ndarray of shape (n_films,), int64
        Row of `means` of each film; -1 for none.
    means : ndarray of shape (k, dim), float32
        Centroids.

    Returns
    -------
    pa.Table
        ASSIGNMENTS. `runner_up` is the nearest other centroid; `margin` is negative if the film is
        nearer to it than to its own. A film in no cluster has -1 and nulls. `weak` is False.
    """
    index = centroid_index(means)
    similarity, other, margin = (
        np.zeros(len(rows), kind) for kind in (np.float32, int, np.float32)
    )
    for start in range(0, len(rows), _BATCH):
        part = slice(start, start + _BATCH)
        own = clusters[part]
        similarity[part] = np.einsum("ij,ij->i", rows[part], means[own])
        cosine, near = index.search(np.ascontiguousarray(rows[part]), min(2, len(means)))
        second = np.where(near[:, 0] == own, near.shape[1] - 1, 0)
        every = np.arange(len(own))
        other[part], margin[part] = near[every, second], similarity[part] - cosine[every, second]
    none, count = clusters < 0, len(rows)
    single = none if len(means) > 1 else np.ones(count, bool)
    columns = [
        ids.combine_chunks(),
        pa.array(clusters, pa.int32()),
        pa.array(similarity, pa.float32(), mask=none),
        pa.array(other, pa.int32(), mask=single),
        pa.array(margin, pa.float32(), mask=single),
        pa.array(np.zeros(count, bool)),
    ]
    return pa.table(columns, schema=ASSIGNMENTS)


def sum_films(rows: np.ndarray, clusters: np.ndarray) -> pa.Table:
    """Return the sums of the points of each cluster.

    Parameters
    ----------
    rows : ndarray of shape (n_films, dim), float32
        Points.
    clusters : ndarray of shape (n_films,), int64
        Cluster of each, from 0.

    Returns
    -------
    pa.Table
        SUMS: cluster (int32), vector (float64) and films (int64) of the clusters that have films.
    """
    found, totals = sum_by_cluster(rows, clusters)
    counts = np.bincount(clusters)[found]
    columns = [
        pa.array(found, pa.int32()),
        column_of_vectors(totals, "float64"),
        pa.array(counts, pa.int64()),
    ]
    return pa.table(columns, ["cluster", "vector", "films"])


def mean_points(sums: Iterable[pa.Table], centroids: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """Return the means of the films of each cluster as new centroids, and the numbers of films.

    Parameters
    ----------
    sums : iterable of pa.Table
        SUMS, added up in this order.
    centroids : pa.Table
        CENTROIDS; a cluster without films keeps its centroid.

    Returns
    -------
    centroids : pa.Table
        CENTROIDS.
    films : ndarray of shape (k,), int64
        Number of films of each cluster.
    """
    old = matrix_of(centroids)
    total, films = np.zeros(old.shape), np.zeros(len(old), np.int64)
    for part in sums:
        vectors = part.column("vector").combine_chunks()
        clusters = part.column("cluster").to_numpy()
        total[clusters] += vectors.flatten().to_numpy().reshape(-1, old.shape[1])
        films[clusters] += part.column("films").to_numpy()
    means = np.where(films[:, None] > 0, unit_rows(total), old)
    columns = [centroids.column("cluster"), column_of_vectors(means.astype(np.float32))]
    return pa.table(columns, schema=CENTROIDS(old.shape[1])), films


def appended(centroids: pa.Table, more: np.ndarray) -> pa.Table:
    """Return CENTROIDS of further clusters behind the given ones; `more` is (n, dim), float32."""
    rows = np.vstack([matrix_of(centroids), more])
    columns = [pa.array(range(len(rows)), pa.int32()), column_of_vectors(rows)]
    return pa.table(columns, schema=centroids.schema)


def padded(centroids: pa.Table, k: int) -> pa.Table:
    """Return CENTROIDS of k clusters: the given ones, then zeros."""
    dim = matrix_of(centroids).shape[1]
    return appended(centroids, np.zeros((k - len(centroids), dim), np.float32))


def renumbered(centroids: pa.Table, order: np.ndarray) -> pa.Table:
    """Return some centroids in the given order, numbered from 0.

    Parameters
    ----------
    centroids : pa.Table
        CENTROIDS.
    order : ndarray of int
        Row numbers of `centroids`.
    """
    chosen = centroids.take(pa.array(order))
    numbers = pa.array(range(len(order)), pa.int32())
    return chosen.set_column(0, centroids.schema.field(0), numbers)
