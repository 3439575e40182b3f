"""Landmarks of a large catalogue and their tree: a forest of merge trees, joined at the top.

One tree takes memory with the square of its landmarks. Films are first cut into a few cells, each
cell gets a tree of its own, and all are cut at one height.
"""

from __future__ import annotations

from typing import Literal

import faiss
import numpy as np
from scipy.cluster import hierarchy

from pipeline.cluster.lloyd import means, nearest, settle

__all__ = ["forest"]

_PER_CELL = 25_000  # films
_SAMPLED = 64  # films for each centre that a cell's landmarks start from
_ROUNDS = 10


def forest(
    positions: np.ndarray,
    seed: int,
    per_landmark: int,
    method: Literal["average", "ward"] = "average",
) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks (l, c) float32 of unit length, and their merges as SciPy's linkage (l - 1, 4).

    Parameters
    ----------
    positions : (films, c) float32 of unit length, some thousands at least.
    per_landmark : films that a landmark stands for.
    method : how clusters are merged. By the mean distance between them (UPGMA: Sokal and Michener
        1958) a large one stays whole beside small ones; by Ward's method (1963) they are compact.
    """
    faiss.omp_set_num_threads(1)
    cells = _kmeans(positions, -(-len(positions) // _PER_CELL), seed)
    landmarks, trees = [], []
    for cell in range(int(cells.max()) + 1):
        films = positions[cells == cell]
        if not len(films):
            continue
        own = _landmarks(films, max(1, len(films) // per_landmark), seed)
        landmarks.append(own)
        trees.append(_tree(own, method))
    return np.concatenate(landmarks), _joined(landmarks, trees)


def _kmeans(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Labels (points,) of spherical k-means on a sample of the points."""
    if k < 2:
        return np.zeros(len(points), np.int64)
    kmeans = faiss.Kmeans(
        points.shape[1],
        k,
        niter=_ROUNDS,
        seed=seed % 2**31,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=max(_SAMPLED, 16_384 // k),
    )
    kmeans.train(points)
    return nearest(points, np.asarray(kmeans.centroids))


def _landmarks(films: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Centres of about `count` small groups of films: groups of groups, then settled."""
    rough = _kmeans(films, max(1, round(np.sqrt(count))), seed)
    labels = np.zeros(len(films), np.int64)
    at = 0
    for group in range(int(rough.max()) + 1):
        rows = np.flatnonzero(rough == group)
        if not len(rows):
            continue
        parts = _kmeans(films[rows], max(1, round(count * len(rows) / len(films))), seed)
        labels[rows] = at + parts
        at += int(parts.max()) + 1
    _, labels = settle(films, labels, at, _ROUNDS)
    kept = np.bincount(labels, minlength=at) > 0
    return means(films, (np.cumsum(kept) - 1)[labels], int(kept.sum()))


def _tree(landmarks: np.ndarray, method: str) -> np.ndarray:
    if len(landmarks) < 2:
        return np.zeros((0, 4))
    return np.asarray(hierarchy.linkage(landmarks.astype(np.float64), method))


def _joined(landmarks: list[np.ndarray], trees: list[np.ndarray]) -> np.ndarray:
    """The trees as one: their merges in order of height, and above them those of the cells."""
    leaves = np.cumsum([0, *map(len, landmarks)])
    starts = np.cumsum([0, *map(len, trees)])
    merges = np.concatenate(trees)
    cell = np.repeat(np.arange(len(trees)), np.diff(starts))
    order = np.lexsort((np.arange(len(merges)), merges[:, 2]))
    node = np.empty(len(order), np.int64)  # what each merge is called in the whole
    node[order] = leaves[-1] + np.arange(len(order))
    side = merges[:, :2].astype(np.int64)
    # a cell calls its landmarks 0, 1, ... and its merges on from there
    inner = side - np.diff(leaves)[cell][:, None]
    made = node[np.clip(inner + starts[cell][:, None], 0, max(len(node) - 1, 0))]
    merges[:, :2] = np.where(inner < 0, side + leaves[cell][:, None], made)
    roots = [
        int(node[end - 1]) if end > start else int(leaf)
        for start, end, leaf in zip(starts, starts[1:], leaves, strict=False)
    ]
    return np.concatenate([merges[order], _top(landmarks, roots, merges, int(leaves[-1]))])


def _top(
    landmarks: list[np.ndarray], roots: list[int], merges: np.ndarray, total: int
) -> np.ndarray:
    """Merges of whole cells, by the distance of their means, above all merges inside them."""
    middles = np.stack([own.mean(0, dtype=np.float64) for own in landmarks])
    if len(middles) < 2:
        return np.zeros((0, 4))
    found = np.asarray(hierarchy.linkage(middles, "average"))
    nodes = [*roots, *(total + len(merges) + row for row in range(len(found)))]
    sizes = [len(own) for own in landmarks]
    above = merges[:, 2].max(initial=0.0)
    for left, right in found[:, :2].astype(int):
        sizes.append(sizes[left] + sizes[right])
    sides = np.array(nodes)[found[:, :2].astype(int)]
    return np.column_stack([sides, above + found[:, 2], sizes[len(roots) :]])
