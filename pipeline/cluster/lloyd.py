"""Lloyd's rounds of spherical k-means where a point meets only the centroids near its own.

A point that leaves a cluster nearly always goes to one beside it, so a round costs films times near
centroids instead of films times all: Wang et al. 2012, "Fast approximate k-means via cluster
closures", CVPR; Agustsson et al. 2017, "k2-means".
"""

from __future__ import annotations

import faiss
import numpy as np
from threadpoolctl import threadpool_limits

__all__ = ["best", "means", "nearest", "settle", "unit"]

_NEAR = 32  # centroids, the own among them, that a point meets in a round
_ADDED = 16_384  # points added up at a time
_SETTLED = 1e-3  # share of points that moved, under which a round was the last


def best(points: np.ndarray, centroids: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers and cosines of the nearest centroids, best first, (points, count or k)."""
    index = faiss.IndexFlatIP(centroids.shape[1])
    index.add(np.ascontiguousarray(centroids, np.float32))
    count = min(count, len(centroids))
    cosine, rows = index.search(np.ascontiguousarray(points, np.float32), count)
    return rows, cosine


def nearest(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """The centroid of greatest cosine for each point, (points,) int64."""
    return best(points, centroids, 1)[0][:, 0]


def settle(
    points: np.ndarray, labels: np.ndarray, k: int, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Refine a clustering by at most `rounds` rounds: unit centroids (k, dim) and labels (points,).

    Parameters
    ----------
    points : (points, dim) float32 of unit length.
    labels : the cluster of each point, 0 to k - 1.

    A cluster that loses all its points keeps its centroid. The answer does not depend on the
    number of threads.
    """
    centroids = means(points, labels, k)
    with threadpool_limits(1, "blas"):
        for _ in range(rounds):
            found = _round(points, centroids, labels)
            moved = np.count_nonzero(found != labels)
            labels = found
            fresh = means(points, labels, k)
            lost = ~fresh.any(1)
            fresh[lost] = centroids[lost]
            centroids = fresh
            if moved <= _SETTLED * len(points):
                break
    return centroids, labels


def means(points: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Unit means (k, c) float32 of labelled points; a label without points gives zeros."""
    total = np.zeros((k, points.shape[1]))
    if len(points):
        # films of a label side by side, in their order, and one sum over each run of them
        order = np.argsort(labels, kind="stable")
        runs = np.flatnonzero(np.diff(labels[order], prepend=-1))
        owner, ends = labels[order[runs]], np.append(runs, len(order))
        step = max(1, len(runs) * _ADDED // len(order))  # runs of about so many films at a time
        for first in range(0, len(runs), step):
            own = runs[first : first + step]
            rows = order[own[0] : ends[min(first + step, len(runs))]]
            total[owner[first : first + step]] = np.add.reduceat(
                points[rows], own - own[0], axis=0, dtype=np.float64
            )
    return unit(total)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1, float32; a zero row stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)


def _round(points: np.ndarray, centroids: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The best of the centroids near the own one, for each point."""
    near, _ = best(centroids, centroids, _NEAR)
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=len(centroids)))
    found = np.empty_like(labels)
    for own in np.flatnonzero(np.diff(ends, prepend=0)):
        rows = order[ends[own - 1] if own else 0 : ends[own]]
        beside = near[own]
        found[rows] = beside[(points[rows] @ centroids[beside].T).argmax(1)]
    return found
