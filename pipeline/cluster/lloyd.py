"""Lloyd's algorithm for spherical k-means in which a point is compared with near centroids only.

A point that leaves a cluster nearly always moves to an adjacent one. A round therefore costs
(points x near centroids) instead of (points x all centroids).

Notes
-----
Wang et al. 2012, "Fast approximate k-means via cluster closures", CVPR; Agustsson et al. 2017,
"k2-means for fast and accurate large scale clustering", ECML PKDD.
"""

from __future__ import annotations

import faiss
import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.schemas.vectors import unit_rows

__all__ = ["nearest_centroid", "nearest_centroids", "refine", "unit_means"]

_NEAR = 32  # centroids that a point is compared with in a round, its own included
_SUMMED_ROWS = 16_384  # points summed at a time
_CONVERGED = 1e-3  # stop after a round in which at most this share of the points moved


def nearest_centroids(
    points: np.ndarray, centroids: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the `count` nearest centroids of each point, most similar first.

    Parameters
    ----------
    points : ndarray of shape (n_points, dim), float32
        Vectors of unit length.
    centroids : ndarray of shape (k, dim), float32
        Vectors of unit length.
    count : int
        Number of centroids per point; at most k are returned.

    Returns
    -------
    rows : ndarray of shape (n_points, min(count, k)), int64
        Row numbers of the centroids. Of equally similar centroids the first comes first.
    cosine : ndarray of shape (n_points, min(count, k)), float32
        Cosine similarities, -1 to 1.
    """
    index = faiss.IndexFlatIP(centroids.shape[1])
    index.add(np.ascontiguousarray(centroids, np.float32))
    count = min(count, len(centroids))
    cosine, rows = index.search(np.ascontiguousarray(points, np.float32), count)
    return rows, cosine


def nearest_centroid(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Return the row number of the most similar centroid of each point.

    Parameters
    ----------
    points : ndarray of shape (n_points, dim), float32
        Vectors of unit length.
    centroids : ndarray of shape (k, dim), float32
        Vectors of unit length.

    Returns
    -------
    ndarray of shape (n_points,), int64
        0 to k - 1.

    Examples
    --------
    >>> nearest_centroid(np.array([[1.0, 0.0], [0.0, 1.0]]), np.eye(2)[::-1]).tolist()
    [1, 0]
    """
    return nearest_centroids(points, centroids, 1)[0][:, 0]


def refine(
    points: np.ndarray, labels: np.ndarray, k: int, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Refine a clustering with at most `rounds` rounds of Lloyd's algorithm.

    The result does not depend on the number of threads.

    Parameters
    ----------
    points : ndarray of shape (n_points, dim), float32
        Vectors of unit length.
    labels : ndarray of shape (n_points,), int64
        Cluster of each point, 0 to k - 1.
    k : int
        Number of clusters.
    rounds : int
        Maximum number of rounds. Fewer are needed once hardly a point moves.

    Returns
    -------
    centroids : ndarray of shape (k, dim), float32
        Unit means. A cluster that loses all its points keeps its last centroid.
    labels : ndarray of shape (n_points,), int64
        Cluster of each point, 0 to k - 1.
    """
    centroids = unit_means(points, labels, k)
    with threadpool_limits(1, "blas"):
        for _ in range(rounds):
            new_labels = _reassign(points, centroids, labels)
            moved = np.count_nonzero(new_labels != labels)
            labels = new_labels
            new_centroids = unit_means(points, labels, k)
            empty = ~new_centroids.any(1)
            new_centroids[empty] = centroids[empty]
            centroids = new_centroids
            if moved <= _CONVERGED * len(points):
                break
    return centroids, labels


def unit_means(points: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Return the mean of the points of each label, scaled to unit length.

    Parameters
    ----------
    points : ndarray of shape (n_points, dim), float32 or float64
        Vectors.
    labels : ndarray of shape (n_points,), int64
        Label of each point, 0 to k - 1.
    k : int
        Number of labels.

    Returns
    -------
    ndarray of shape (k, dim), float32
        A label without points has a zero row.

    Examples
    --------
    >>> unit_means(np.array([[3.0, 0.0], [0.0, 2.0]]), np.array([0, 1]), 2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    total = np.zeros((k, points.shape[1]))
    if len(points):
        # sort the points by label, stably, then sum each run of equal labels at once
        order = np.argsort(labels, kind="stable")
        runs = np.flatnonzero(np.diff(labels[order], prepend=-1))
        run_label, ends = labels[order[runs]], np.append(runs, len(order))
        step = max(1, len(runs) * _SUMMED_ROWS // len(order))  # runs with about _SUMMED_ROWS points
        for first in range(0, len(runs), step):
            own = runs[first : first + step]
            rows = order[own[0] : ends[min(first + step, len(runs))]]
            total[run_label[first : first + step]] = np.add.reduceat(
                points[rows], own - own[0], axis=0, dtype=np.float64
            )
    return unit_rows(total)


def _reassign(points: np.ndarray, centroids: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the best of the centroids near each point's own one, (n_points,) int64."""
    near, _ = nearest_centroids(centroids, centroids, _NEAR)
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=len(centroids)))
    new_labels = np.empty_like(labels)
    for own in np.flatnonzero(np.diff(ends, prepend=0)):
        rows = order[ends[own - 1] if own else 0 : ends[own]]
        candidates = near[own]
        new_labels[rows] = candidates[(points[rows] @ centroids[candidates].T).argmax(1)]
    return new_labels
