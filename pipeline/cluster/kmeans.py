"""Spherical k-means from seeds in the dense regions of the catalogue.

Films are gathered around the seeds by their smoothed positions; k-means on the points themselves
goes on from the means of these groups. After smoothing one round of it is enough: each further
round makes the effect of small changes of the vectors larger, and gains little from such seeds.
"""

from __future__ import annotations

import faiss
import numpy as np
import pyarrow as pa

from pipeline.cluster.lloyd import nearest_centroid, refine, unit_means
from pipeline.cluster.near_films import EXACT_UP_TO
from pipeline.cluster.scale import min_films
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, column_of_vectors, matrix_of, unit_rows
from pipeline.settings import ClusterSettings

__all__ = ["CURVE", "cluster_points", "train"]

CURVE = pa.schema(
    [
        ("k", pa.int32()),  # requested number of clusters
        ("clusters", pa.int32()),  # number left after small clusters joined others
        ("inertia", pa.float64()),  # mean squared distance to the own centroid, 0 to 4
        ("silhouette", pa.float64()),  # simplified cosine silhouette, -1 to 1
    ]
)

_ITERATIONS = 15  # of k-means on positions that are not smoothed
_MOST_PASSES = 5  # in which films of small clusters join others
_SIMILARITIES = 2**23  # similarities of points and centroids in memory at a time


@stage(
    "k-curve",
    version=4,
    inputs=("points", "positions", "seeds"),
    outputs=("centroids", "curve"),
    streamed=("points",),
)
def train(
    points: pa.Table | Parts,
    positions: pa.Table,
    seeds: pa.Table,
    settings: ClusterSettings,
    k: int,
) -> dict[str, pa.Table]:
    """Cluster the training films into about k micro-genres.

    Parameters
    ----------
    points : Table or Parts
        POINTS of the training films.
    positions, seeds : Table
        What `mean_shift.smooth_points` returns for these films.
    settings : ClusterSettings
        Settings of the clustering.
    k : int
        Requested number of clusters.

    Returns
    -------
    dict of str to Table
        "centroids": CENTROIDS, largest cluster first. "curve": CURVE, one row.

    Notes
    -----
    The simplified silhouette compares a film with centroids instead of with all films: Hruschka et
    al. 2004, "Evolutionary algorithms for clustering gene-expression data", ICDM.
    """
    rows = matrix_of(points)
    centroids, labels = cluster_points(rows, matrix_of(positions), matrix_of(seeds), settings, k)
    own, other = _own_and_other(rows, centroids, labels)
    curve = {
        "k": k,
        "clusters": len(centroids),
        "inertia": float(np.mean(2 - 2 * own)),
        "silhouette": _simplified_silhouette(own, other),
    }
    numbers = pa.array(range(len(centroids)), pa.int32())
    schema = CENTROIDS(centroids.shape[1])
    return {
        "centroids": pa.table([numbers, column_of_vectors(centroids)], schema=schema),
        "curve": pa.Table.from_pylist([curve], CURVE),
    }


def cluster_points(
    points: np.ndarray,
    positions: np.ndarray,
    seeds: np.ndarray,
    settings: ClusterSettings,
    k: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Cluster films into about k clusters.

    There are fewer than k clusters if some are smaller than `settings.min_films`, or if films are
    identical.

    Parameters
    ----------
    points : ndarray of shape (n_films, dim), float32
        Vectors of unit length.
    positions : ndarray of shape (n_films, components), float32
        Smoothed positions of the same films, see `mean_shift.smooth_and_seed`.
    seeds : ndarray of shape (n_seeds, components), float32
        Positions of the seeds; the first k are used.
    settings : ClusterSettings
        Settings of the clustering.
    k : int
        Number of clusters.

    Returns
    -------
    centroids : ndarray of shape (n_clusters, dim), float32
        Unit means of the points of the clusters before the last round, largest cluster first.
    labels : ndarray of shape (n_films,), int64
        The nearest centroid of each film, 0 to n_clusters - 1.
    """
    faiss.omp_set_num_threads(1)
    fewest = min_films(settings, len(points))
    seeds = seeds[: max(1, k)]
    labels = _cluster_positions(positions, seeds, settings)
    large = len(points) > EXACT_UP_TO
    drop = _drop_small_at_once if large else _drop_small
    rounds = 0 if settings.rounds == "auto" else settings.rounds
    near_rounds = max(0, rounds - 1) if large else 0  # rounds that compare near centroids only
    centroids, labels = refine(points, labels, len(seeds), near_rounds)
    centroids, labels = drop(points, centroids, labels, fewest)
    for _ in range(rounds - near_rounds):
        labels = nearest_centroid(points, centroids)
        centroids = unit_means(points, labels, len(centroids))
        centroids, labels = drop(points, centroids, labels, fewest)
    centroids, labels = _settle(points, centroids, fewest)
    order = np.lexsort((np.arange(len(centroids)), -np.bincount(labels, minlength=len(centroids))))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return centroids[order], rank[labels]


def _settle(
    points: np.ndarray, centroids: np.ndarray, fewest: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the centroids that have at least `fewest` nearest films, and each film's nearest."""
    for _ in range(_MOST_PASSES):
        labels = nearest_centroid(points, centroids)
        films = np.bincount(labels, minlength=len(centroids))
        kept = films >= fewest
        if not kept.any():
            kept[films.argmax()] = True
        if kept.all():
            break
        centroids = centroids[kept]
    return centroids, nearest_centroid(points, centroids)


def _cluster_positions(
    positions: np.ndarray, seeds: np.ndarray, settings: ClusterSettings
) -> np.ndarray:
    """Return the cluster of each film by its smoothed position, (n_films,) int64."""
    labels = nearest_centroid(positions, seeds)
    if settings.smoothing_rounds:  # smoothing has already gathered the films of a cluster
        return labels
    if len(positions) > EXACT_UP_TO:
        return refine(positions, labels, len(seeds), _ITERATIONS)[1]
    kmeans = faiss.Kmeans(
        positions.shape[1],
        len(seeds),
        niter=_ITERATIONS,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=len(positions),
    )
    kmeans.train(positions, init_centroids=seeds)
    return nearest_centroid(positions, unit_rows(np.asarray(kmeans.centroids)))


def _drop_small_at_once(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, min_films: int
) -> tuple[np.ndarray, np.ndarray]:
    """Drop all small clusters together; dropping thousands one by one would take too long."""
    films = np.bincount(labels, minlength=len(centroids))
    large_enough = films >= min_films
    if large_enough.all() or not large_enough.any():
        return _drop_small(points, centroids, labels, min_films)
    moved = ~large_enough[labels]
    labels = (np.cumsum(large_enough) - 1)[labels]
    centroids = centroids[large_enough]
    labels[moved] = nearest_centroid(points[moved], centroids)
    return unit_means(points, labels, len(centroids)), labels


def _drop_small(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, min_films: int
) -> tuple[np.ndarray, np.ndarray]:
    """Drop small clusters one at a time, smallest first; their films join the nearest cluster.

    Only the centroids of clusters that gain films are computed again.
    """
    while len(centroids) > 1:
        films = np.bincount(labels, minlength=len(centroids))
        smallest = int(films.argmin())
        if films[smallest] >= min_films:
            break
        centroids = np.delete(centroids, smallest, axis=0)
        moved = labels == smallest
        labels = labels - (labels > smallest)
        if moved.any():
            labels[moved] = nearest_centroid(points[moved], centroids)
            gained = np.unique(labels[moved])
            in_gained = np.isin(labels, gained)
            centroids[gained] = unit_means(
                points[in_gained], np.searchsorted(gained, labels[in_gained]), len(gained)
            )
    return centroids, labels


def _own_and_other(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cosine of each point to its own centroid and to the best other one.

    Computed for some points at a time: all similarities would fill the memory of a worker.

    Returns
    -------
    own, other : ndarray of shape (n_points,), float64
        `other` is -inf if there is one cluster.
    """
    own, other = np.empty(len(points)), np.full(len(points), -np.inf)
    step = max(1, _SIMILARITIES // len(centroids))
    for start in range(0, len(points), step):
        part = labels[start : start + step]
        similarity = points[start : start + step] @ centroids.T
        rows = np.arange(len(part))
        own[start : start + step] = similarity[rows, part]
        similarity[rows, part] = -np.inf
        other[start : start + step] = similarity.max(1)
    return own, other


def _simplified_silhouette(own: np.ndarray, other: np.ndarray) -> float:
    """Return the mean simplified silhouette; 0 if there is one cluster."""
    if not np.isfinite(other).any():
        return 0.0
    inside, outside = 1 - own, 1 - other
    return float(np.mean((outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12)))
