"""The lists nearest to a vector, found through groups of lists instead of all their centres."""

from __future__ import annotations

import math
from typing import Any

import faiss
import numpy as np

from pipeline.neighbours.grouped_search import search_groups

__all__ = ["ListFinder"]

_FEW = 400  # lists: comparing with all their centres is as fast
_SEARCHED = 8  # groups of lists that a vector is compared with
_BLOCK = 16_384  # vectors at a time
_ROUNDS, _SEED = 10, 1_234


class ListFinder:
    """Finds the lists of an inverted file whose centres are nearest to a vector.

    The centres of L lists are grouped by k-means into L^0.5 groups, and a vector is compared with
    the centres of the nearest groups. So the time per vector grows as L^0.5, that is films^0.25,
    instead of L. Few lists, or many wanted, are compared one by one, which is exact.

    Parameters
    ----------
    trained : IndexIVF
        A trained index; only its centres are used.

    Notes
    -----
    Two levels, as in the inverted multi-level lists of Nister and Stewenius 2006, "Scalable
    recognition with a vocabulary tree", CVPR.
    """

    def __init__(self, trained: Any) -> None:
        self._all, self._lists = trained.quantizer, int(trained.nlist)
        self._members: list[np.ndarray] = []
        if self._lists <= _FEW:
            return
        self._centres = np.ascontiguousarray(trained.quantizer.reconstruct_n(0, self._lists))
        count = math.isqrt(self._lists)
        kmeans = faiss.Kmeans(
            self._centres.shape[1],
            count,
            niter=_ROUNDS,
            seed=_SEED,
            spherical=True,
            min_points_per_centroid=1,
        )
        kmeans.train(self._centres)
        self._groups = faiss.IndexFlatIP(self._centres.shape[1])
        assert kmeans.centroids is not None, "train() has set it"
        self._groups.add(kmeans.centroids)
        own = self._groups.assign(self._centres, 1).ravel()
        self._members = [np.flatnonzero(own == group) for group in range(count)]

    def nearest(self, vectors: np.ndarray, count: int) -> np.ndarray:
        """Return the nearest lists of each vector.

        Parameters
        ----------
        vectors : ndarray of shape (n, dim), float32
            Vectors, C-contiguous.
        count : int
            Lists to find, 1 to the number of lists.

        Returns
        -------
        ndarray of shape (n, count), int64
            Numbers of lists, the nearest first; -1 if the groups contain fewer.
        """
        if not len(vectors):
            return np.empty((0, count), np.int64)
        blocks = [vectors[start : start + _BLOCK] for start in range(0, len(vectors), _BLOCK)]
        return np.concatenate([self._nearest(block, count) for block in blocks])

    def _nearest(self, vectors: np.ndarray, count: int) -> np.ndarray:
        if not self._members or count > self._lists // 16:
            return np.asarray(self._all.search(vectors, count)[1])
        _, groups = self._groups.search(vectors, _SEARCHED)
        blocks = (
            (group, members, lambda m=members: self._centres[m])
            for group, members in enumerate(self._members)
        )
        return search_groups(groups, vectors.__getitem__, blocks, len(self._members), count)[1]
