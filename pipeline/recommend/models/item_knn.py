"""Item KNN: films that the same users rated, and rated alike (Sarwar 2001; Koren 2008, section 2).

implicit finds the neighbours; it ranks but predicts no stars, so that part is ours.
"""

from __future__ import annotations

import numpy as np
from implicit.nearest_neighbours import all_pairs_knn
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import liking, with_values
from pipeline.recommend.models.base import HIGHEST, LOWEST, Arrays, Recommender, Signs
from pipeline.settings import RecommendSettings

__all__ = ["ItemKNN"]

_SHRINK = 1.0  # likeness of nothing in the mean of the neighbours


class ItemKNN(Recommender):
    """Lists by cosine over who rated; stars by the likeness of what is left without biases."""

    name = "item-knn"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.signs = Signs(settings.damping)
        self.seen = sparse.csr_matrix((0, 0), dtype=np.float32)
        self.rated = self.seen

    def fit(self, known: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        matrix = known.matrix
        self.signs.fit(matrix)
        count = self.settings.neighbours
        ones = with_values(matrix, np.ones(matrix.nnz, np.float32))
        self.seen = _nearest(ones, count, shrink=5.0)
        left = self.signs.residuals(matrix, self.signs.users(matrix))
        likeness = _nearest(left, count, shrink=0.6)
        likeness.data = np.maximum(likeness.data, 0)
        likeness.eliminate_zeros()
        self.rated = likeness

    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.scores`."""
        return np.asarray((liking(profiles) @ self.seen).toarray(), np.float32)

    def stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.stars`."""
        left = self.signs.residuals(profiles, self.signs.users(profiles))
        there = with_values(left, np.ones_like(left.data))
        moved = (left @ self.rated).toarray()
        weight = (there @ self.rated).toarray() + _SHRINK
        told = np.clip(self.signs.stars(profiles) + moved / weight, LOWEST, HIGHEST)
        return np.asarray(told, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """See `Recommender.state`."""
        arrays = self.signs.state()
        for name, matrix in (("seen", self.seen), ("rated", self.rated)):
            arrays |= {f"{name}.{part}": getattr(matrix, part) for part in _PARTS}
        return arrays

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.signs.restore(arrays)
        self.seen, self.rated = (
            sparse.csr_matrix(tuple(arrays[f"{name}.{part}"] for part in _PARTS), (len(films),) * 2)
            for name in ("seen", "rated")
        )


_PARTS = ("data", "indices", "indptr")


def _nearest(matrix: sparse.csr_matrix, count: int, shrink: float) -> sparse.csr_matrix:
    """For each film (row) its `count` likeliest others: cosine over users, CSR float32.

    Transposed, so that profiles @ it sums over the films of a profile.
    """
    scaled = matrix.astype(np.float64)
    squares = np.bincount(scaled.indices, scaled.data**2, scaled.shape[1])
    scaled.data /= np.sqrt(squares + shrink)[scaled.indices]
    found = all_pairs_knn(scaled, count + 1, show_progress=False, num_threads=1).tocsr()
    found.setdiag(0)
    found.eliminate_zeros()
    found.sort_indices()
    return sparse.csr_matrix(found.T, dtype=np.float32)
