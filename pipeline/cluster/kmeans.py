"""Spherical k-means from the tree's seeds: in the smoothed space, then in the films' own."""

from __future__ import annotations

import faiss
import numpy as np
import pyarrow as pa

from pipeline.cluster.lloyd import means, nearest, settle, unit
from pipeline.cluster.mean_shift import EXACT, linkage_of, seeds
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, column_of_vectors, matrix_of
from pipeline.settings import ClusterSettings

__all__ = ["CURVE", "cluster_points", "train"]

CURVE = pa.schema(
    [
        ("k", pa.int32()),  # asked for
        ("clusters", pa.int32()),  # left once the smallest have joined others
        ("inertia", pa.float64()),  # mean squared distance to the own centroid, 0 to 4
        ("silhouette", pa.float64()),  # simplified cosine silhouette, -1 to 1
    ]
)

_ITERATIONS = 15
_ROUNDS = 2
_PRODUCTS = 2**23  # of points and centroids at a time, where each point meets all centroids


@stage(
    "k-curve",
    version=3,
    inputs=("points", "positions", "landmarks", "tree"),
    outputs=("centroids", "curve"),
    streamed=("points",),
)
def train(
    points: pa.Table | Parts,
    positions: pa.Table,
    landmarks: pa.Table,
    tree: pa.Table,
    settings: ClusterSettings,
    k: int,
    seed: int,
) -> dict[str, pa.Table]:
    """Cluster the training films into about k micro-genres.

    Returns
    -------
    {"centroids": CENTROIDS, largest cluster first, "curve": CURVE, one row}. The silhouette is the
    simplified one, with centroids in place of all pairs (Hruschka et al. 2004).
    """
    rows = matrix_of(points)
    centroids, labels = cluster_points(
        rows, matrix_of(positions), matrix_of(landmarks), linkage_of(tree), settings, k, seed
    )
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
    landmarks: np.ndarray,
    tree: np.ndarray,
    settings: ClusterSettings,
    k: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Unit centroids (clusters, dim) in the space of `points`, and the label of each point.

    Fewer than k come out where clusters are smaller than `min_films`, or films are identical.
    """
    faiss.omp_set_num_threads(1)
    start = seeds(landmarks, tree, min(k, len(points)))
    labels = _first_labels(positions, start, settings, seed)
    many = len(points) > EXACT
    drop = _without_any_small if many else _without_small
    rounds = _rounds(len(points), settings)
    near = max(0, rounds - 1) if many else 0  # rounds that meet near centroids only
    centroids, labels = settle(points, labels, len(start), near)
    centroids, labels = drop(points, centroids, labels, settings.min_films)
    for _ in range(rounds - near):
        labels = nearest(points, centroids)
        centroids = means(points, labels, len(centroids))
        centroids, labels = drop(points, centroids, labels, settings.min_films)
    order = np.lexsort((np.arange(len(centroids)), -np.bincount(labels, minlength=len(centroids))))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return centroids[order], rank[labels]


def _rounds(films: int, settings: ClusterSettings) -> int:
    if settings.rounds != "auto":
        return settings.rounds
    # the means of many films' hills are more alike from sample to sample than what k-means makes
    # of them, which cuts large hills up
    return 0 if films > EXACT and settings.smoothing_rounds else _ROUNDS


def _first_labels(
    positions: np.ndarray, start: np.ndarray, settings: ClusterSettings, seed: int
) -> np.ndarray:
    """The cluster of each film before the rounds in the films' own space, (films,) int64."""
    if len(positions) > EXACT:
        labels = nearest(positions, start)
        if settings.smoothing_rounds:  # films of a hill lie together already
            return labels
        return settle(positions, labels, len(start), _ITERATIONS)[1]
    kmeans = faiss.Kmeans(
        positions.shape[1],
        len(start),
        niter=_ITERATIONS,
        seed=seed % 2**31,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=len(positions),
    )
    kmeans.train(positions, init_centroids=start)
    return nearest(positions, unit(np.asarray(kmeans.centroids)))


def _without_any_small(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, min_films: int
) -> tuple[np.ndarray, np.ndarray]:
    """Drop all small clusters at once: among thousands, one at a time would take too long."""
    films = np.bincount(labels, minlength=len(centroids))
    stay = films >= min_films
    if stay.all() or not stay.any():
        return _without_small(points, centroids, labels, min_films)
    moved = ~stay[labels]
    labels = (np.cumsum(stay) - 1)[labels]
    centroids = centroids[stay]
    labels[moved] = nearest(points[moved], centroids)
    return means(points, labels, len(centroids)), labels


def _without_small(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray, min_films: int
) -> tuple[np.ndarray, np.ndarray]:
    """Drop the smallest clusters, one at a time, their films joining the nearest that stay.

    Only centroids that gain films are computed anew.
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
            labels[moved] = nearest(points[moved], centroids)
            gained = np.unique(labels[moved])
            films_of = np.isin(labels, gained)
            centroids[gained] = means(
                points[films_of], np.searchsorted(gained, labels[films_of]), len(gained)
            )
    return centroids, labels


def _own_and_other(
    points: np.ndarray, centroids: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cosine with the own centroid and the best with another, (points,) float64 each.

    A part of the points at a time: all of them with all centroids would fill a worker's memory.
    With one cluster the second is -inf.
    """
    own, other = np.empty(len(points)), np.full(len(points), -np.inf)
    step = max(1, _PRODUCTS // len(centroids))
    for start in range(0, len(points), step):
        part = labels[start : start + step]
        similarity = points[start : start + step] @ centroids.T
        rows = np.arange(len(part))
        own[start : start + step] = similarity[rows, part]
        similarity[rows, part] = -np.inf
        other[start : start + step] = similarity.max(1)
    return own, other


def _simplified_silhouette(own: np.ndarray, other: np.ndarray) -> float:
    if not np.isfinite(other).any():
        return 0.0
    inside, outside = 1 - own, 1 - other
    return float(np.mean((outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12)))
