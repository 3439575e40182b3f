"""Families of micro-genres that no name of a family is true of: branches of Ward's tree."""

from __future__ import annotations

import numpy as np
from scipy.cluster import hierarchy

__all__ = ["branches_of"]


def branches_of(centroids: np.ndarray, count: int) -> np.ndarray:
    """Group micro-genres by their centroids: Ward's tree, cut into branches.

    Parameters
    ----------
    centroids : ndarray of shape (k, dim), float
        Centroids of the micro-genres.
    count : int
        Most branches.

    Returns
    -------
    ndarray of shape (k,), int64
        The branch of each micro-genre, from 0; no branch is empty.

    Notes
    -----
    Ward 1963, "Hierarchical grouping to optimize an objective function".

    Examples
    --------
    >>> branches_of(np.array([[0.0, 1], [1, 0], [0.1, 1]]), 2).tolist()
    [0, 1, 0]
    """
    k = len(centroids)
    if k < 2 or count < 2:
        return np.zeros(k, np.int64)
    tree = hierarchy.linkage(centroids.astype(np.float64), "ward")
    branch = hierarchy.fcluster(tree, min(count, k), "maxclust")
    _, first, number = np.unique(branch, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)  # in the order of the first micro-genre of each
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[number])
