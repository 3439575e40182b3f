"""Merge tree (dendrogram) of a large catalogue: one tree per cell of films, joined at the top.

The memory of a single tree grows with the square of its leaves. Films are therefore first divided
into cells by k-means. Each cell gets a tree of its own; the trees are joined into one linkage
matrix, in which all of them are cut at the same height.

Notes
-----
A leaf is a landmark: the mean of a small group of films. BIRCH, too, links the means of a first
clustering instead of the points: Zhang et al. 1996, "BIRCH: an efficient data clustering method
for very large databases", SIGMOD (phase 3).
"""

from __future__ import annotations

from typing import Literal

import faiss
import numpy as np
from scipy.cluster import hierarchy

from pipeline.cluster.lloyd import nearest_centroid, refine, unit_means

__all__ = ["build_merge_forest"]

_FILMS_PER_CELL = 25_000
_SAMPLE_PER_CENTRE = 64  # films sampled for each centre of a k-means
_ROUNDS = 10


def build_merge_forest(
    positions: np.ndarray,
    seed: int,
    films_per_landmark: int,
    method: Literal["average", "ward"] = "average",
) -> tuple[np.ndarray, np.ndarray]:
    """Group films into landmarks, and link the landmarks into one merge tree.

    Parameters
    ----------
    positions : ndarray of shape (n_films, components), float32
        Positions of unit length, at least some thousands.
    seed : int
        Seed of the k-means runs.
    films_per_landmark : int
        Mean number of films in the group of a landmark.
    method : {"average", "ward"}
        How the distance of two clusters is computed. "average" is the mean distance of their
        members (UPGMA: Sokal and Michener 1958); it leaves a large cluster whole beside small
        ones. "ward" (Ward 1963) gives compact clusters.

    Returns
    -------
    landmarks : ndarray of shape (n_landmarks, components), float32
        Unit means of the groups.
    linkage : ndarray of shape (n_landmarks - 1, 4), float64
        Merges in the format of `scipy.cluster.hierarchy.linkage`.
    """
    faiss.omp_set_num_threads(1)
    cells = _kmeans_labels(positions, -(-len(positions) // _FILMS_PER_CELL), seed)
    landmarks, trees = [], []
    for cell in range(int(cells.max()) + 1):
        films = positions[cells == cell]
        if not len(films):
            continue
        own = _group_into_landmarks(films, max(1, len(films) // films_per_landmark), seed)
        landmarks.append(own)
        trees.append(_link(own, method))
    return np.concatenate(landmarks), _join_trees(landmarks, trees)


def _kmeans_labels(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Return the labels of spherical k-means on a sample of the points, (n_points,) int64."""
    if k < 2:
        return np.zeros(len(points), np.int64)
    kmeans = faiss.Kmeans(
        points.shape[1],
        k,
        niter=_ROUNDS,
        seed=seed % 2**31,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=max(_SAMPLE_PER_CENTRE, 16_384 // k),
    )
    kmeans.train(points)
    return nearest_centroid(points, np.asarray(kmeans.centroids))


def _group_into_landmarks(films: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return the unit means of about `count` small groups of films.

    Films are clustered into sqrt(count) groups, each of these into smaller ones; then all are
    refined together.
    """
    coarse = _kmeans_labels(films, max(1, round(np.sqrt(count))), seed)
    labels = np.zeros(len(films), np.int64)
    used = 0  # labels given so far
    for group in range(int(coarse.max()) + 1):
        rows = np.flatnonzero(coarse == group)
        if not len(rows):
            continue
        parts = _kmeans_labels(films[rows], max(1, round(count * len(rows) / len(films))), seed)
        labels[rows] = used + parts
        used += int(parts.max()) + 1
    _, labels = refine(films, labels, used, _ROUNDS)
    nonempty = np.bincount(labels, minlength=used) > 0
    return unit_means(films, (np.cumsum(nonempty) - 1)[labels], int(nonempty.sum()))


def _link(landmarks: np.ndarray, method: str) -> np.ndarray:
    """Return the linkage matrix of the landmarks of one cell."""
    if len(landmarks) < 2:
        return np.zeros((0, 4))
    return np.asarray(hierarchy.linkage(landmarks.astype(np.float64), method))


def _join_trees(landmarks: list[np.ndarray], trees: list[np.ndarray]) -> np.ndarray:
    """Join the linkage matrices of the cells into one: their merges by height, then the cells'."""
    first_leaf = np.cumsum([0, *map(len, landmarks)])
    first_merge = np.cumsum([0, *map(len, trees)])
    merges = np.concatenate(trees)
    cell = np.repeat(np.arange(len(trees)), np.diff(first_merge))
    order = np.lexsort((np.arange(len(merges)), merges[:, 2]))
    node = np.empty(len(order), np.int64)  # number of the node that each merge creates
    node[order] = first_leaf[-1] + np.arange(len(order))
    sides = merges[:, :2].astype(np.int64)
    # in a cell, nodes 0, 1, ... are its landmarks, and the next ones are its merges
    merge_in_cell = sides - np.diff(first_leaf)[cell][:, None]
    merge_row = np.clip(merge_in_cell + first_merge[cell][:, None], 0, max(len(node) - 1, 0))
    merges[:, :2] = np.where(merge_in_cell < 0, sides + first_leaf[cell][:, None], node[merge_row])
    roots = [
        int(node[end - 1]) if end > start else int(leaf)
        for start, end, leaf in zip(first_merge, first_merge[1:], first_leaf, strict=False)
    ]
    return np.concatenate([merges[order], _link_cells(landmarks, roots, merges)])


def _link_cells(landmarks: list[np.ndarray], roots: list[int], merges: np.ndarray) -> np.ndarray:
    """Return merges of whole cells, by the distance of their means, above all merges inside."""
    means = np.stack([own.mean(0, dtype=np.float64) for own in landmarks])
    if len(means) < 2:
        return np.zeros((0, 4))
    linkage = np.asarray(hierarchy.linkage(means, "average"))
    sizes = [len(own) for own in landmarks]
    first_node = sum(sizes) + len(merges)
    nodes = [*roots, *(first_node + row for row in range(len(linkage)))]
    height = merges[:, 2].max(initial=0.0)
    for left, right in linkage[:, :2].astype(int):
        sizes.append(sizes[left] + sizes[right])
    sides = np.array(nodes)[linkage[:, :2].astype(int)]
    return np.column_stack([sides, height + linkage[:, 2], sizes[len(roots) :]])
