"""Spherical k-means of FAISS from seeds in the dense regions of the catalogue.

`faiss.Kmeans` runs on the points and the smoothed positions side by side. It starts at the seeds,
which have a position and no point, so that films are gathered by their positions; the means that it
returns have both parts, and the part of the points is the centroid. A film counts in the mean by
how clearly it is nearest to its seed: films between two seeds, which small changes of the vectors
move from one to the other, hardly count. One round is enough: each further round makes the effect
of small changes larger, and gains little from such seeds.
"""

from __future__ import annotations

import faiss
import numpy as np
import pyarrow as pa

from pipeline.cluster.lloyd import nearest_centroid, nearest_centroids, refine, unit_means
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
        ("inertia_low", pa.float64()),  # 95 % intervals of both means
        ("inertia_high", pa.float64()),
        ("silhouette_low", pa.float64()),
        ("silhouette_high", pa.float64()),
    ]
)

_ITERATIONS = 15  # of k-means on positions that are not smoothed
_LEAST_WEIGHT = 1e-6  # of a film: FAISS takes a cluster without weight for an empty one
_SIMILARITIES = 2**23  # similarities of points and centroids in memory at a time


@stage(
    "k-curve",
    version=6,
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
    al. 2004, "Evolutionary algorithms for clustering gene-expression data", ICDM. The intervals are
    normal ones of a mean over films, for fixed centroids.
    """
    rows = matrix_of(points)
    centroids, labels = cluster_points(rows, matrix_of(positions), matrix_of(seeds), settings, k)
    own, other = _own_and_other(rows, centroids, labels)
    curve = {
        "k": k,
        "clusters": len(centroids),
        **_with_interval("inertia", 2 - 2 * own),
        **_with_interval("silhouette", _simplified_silhouettes(own, other)),
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
        Unit vectors, largest cluster first: weighted means of the films near the seeds, or, with
        `settings.rounds` of at least 1, means of the films of the clusters before the last round.
    labels : ndarray of shape (n_films,), int64
        The nearest centroid of each film, 0 to n_clusters - 1.
    """
    faiss.omp_set_num_threads(1)
    seeds = seeds[: max(1, k)]
    if settings.smoothing_rounds:
        centroids = _means_near_seeds(points, positions, seeds)
    else:
        centroids = unit_means(points, _cluster_positions(positions, seeds), len(seeds))
    if settings.rounds != "auto" and settings.rounds > 0:
        centroids = _iterate(points, centroids, settings.rounds)
    labels = nearest_centroid(points, centroids)
    fewest = min_films(settings, len(points))
    centroids, labels = _drop_small(points, centroids, labels, fewest)
    order = np.lexsort((np.arange(len(centroids)), -np.bincount(labels, minlength=len(centroids))))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return centroids[order], rank[labels]


def _means_near_seeds(points: np.ndarray, positions: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the mean point of the films nearest to each seed by position, weighted, unit rows."""
    width = points.shape[1]
    both = np.concatenate([points, positions], axis=1)
    start = np.concatenate([np.zeros((len(seeds), width), np.float32), seeds], axis=1)
    return unit_rows(_faiss_kmeans(both, start, 1, _clearness(positions, seeds))[:, :width])


def _clearness(positions: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the simplified silhouette of each position, (n_films,) float32 above 0, at most 1.

    It is 1 at a seed, and 0 where two seeds are equally near.
    """
    if len(seeds) == 1:
        return np.ones(len(positions), np.float32)
    distance = 1 - nearest_centroids(positions, seeds, 2)[1].clip(-1, 1)
    ratio = distance[:, 0] / np.maximum(distance[:, 1], _LEAST_WEIGHT)
    clearness: np.ndarray = np.clip(1 - ratio, _LEAST_WEIGHT, 1)
    return clearness.astype(np.float32)


def _cluster_positions(positions: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the cluster of each film by a position that is not smoothed, (n_films,) int64."""
    return nearest_centroid(positions, _iterate(positions, seeds, _ITERATIONS))


def _iterate(vectors: np.ndarray, centroids: np.ndarray, rounds: int) -> np.ndarray:
    """Return the centroids after at most `rounds` rounds of k-means, unit rows."""
    if len(vectors) > EXACT_UP_TO:
        return refine(vectors, nearest_centroid(vectors, centroids), len(centroids), rounds)[0]
    return _faiss_kmeans(vectors, centroids, rounds)


def _faiss_kmeans(
    vectors: np.ndarray, start: np.ndarray, rounds: int, weights: np.ndarray | None = None
) -> np.ndarray:
    """Run spherical k-means of FAISS on all vectors, on one thread, and return its centroids."""
    kmeans = faiss.Kmeans(
        vectors.shape[1],
        len(start),
        niter=rounds,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=len(vectors),  # no sample
    )
    kmeans.train(vectors, weights=weights, init_centroids=start)
    return unit_rows(np.asarray(kmeans.centroids))


def _drop_small(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, min_films: int
) -> tuple[np.ndarray, np.ndarray]:
    """Drop small clusters, the smaller half of them at a time; their films join the nearest.

    The other centroids stay as they are, so that each film is nearest to its own.
    """
    while len(centroids) > 1:
        films = np.bincount(labels, minlength=len(centroids))
        small = np.flatnonzero(films < min_films)
        if not len(small):
            break
        smallest_first = small[np.argsort(films[small], kind="stable")]
        kept = np.ones(len(centroids), bool)
        kept[smallest_first[: max(1, len(small) // 2)]] = False
        moved = ~kept[labels]
        labels = (np.cumsum(kept) - 1)[labels]
        centroids = centroids[kept]
        if moved.any():
            labels[moved] = nearest_centroid(points[moved], centroids)
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


def _simplified_silhouettes(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the simplified silhouette of each film, (n_films,); 0 if there is one cluster."""
    if not np.isfinite(other).any():
        return np.zeros(len(own))
    inside, outside = 1 - own, 1 - other
    return np.asarray((outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12))


def _with_interval(name: str, values: np.ndarray) -> dict[str, float]:
    """Return the mean of the values, and the ends of its normal 95 % interval."""
    mean = float(np.mean(values))
    half = 1.96 * float(np.std(values)) / np.sqrt(len(values))
    return {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}
