"""Item KNN: films that the same users rated, and rated alike.

implicit finds the neighbours. It ranks but predicts no stars, so that part is written here.
"""

from __future__ import annotations

import numpy as np
from implicit.nearest_neighbours import all_pairs_knn
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import preference_weights, replace_values
from pipeline.recommend.models.base import HIGHEST, LOWEST, Arrays, RatingBiases, Recommender
from pipeline.settings import RecommendSettings

__all__ = ["ItemKNN"]

_SHRINK = 1.0  # similarity of an imaginary neighbour with residual 0
_PARTS = ("data", "indices", "indptr")  # arrays of a CSR matrix


class ItemKNN(Recommender):
    """Rank films by who rated them; predict stars from the residuals of similar films.

    Notes
    -----
    Sarwar, Karypis, Konstan and Riedl, "Item-based collaborative filtering recommendation
    algorithms", 2001; for residuals without biases, Koren, "Factorization Meets the Neighborhood",
    2008, section 2.
    """

    name = "item-knn"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.biases = RatingBiases(settings.damping)
        self.seen = sparse.csr_matrix((0, 0), dtype=np.float32)
        self.rated = self.seen

    def fit(self, history: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        matrix = history.matrix
        self.biases.fit(matrix)
        count = self.settings.neighbours
        ones = replace_values(matrix, np.ones(matrix.nnz, np.float32))
        self.seen = _nearest(ones, count, shrink=5.0)
        residuals = self.biases.subtract(matrix, self.biases.estimate_user_biases(matrix))
        similarity = _nearest(residuals, count, shrink=0.6)
        similarity.data = np.maximum(similarity.data, 0)
        similarity.eliminate_zeros()
        self.rated = similarity

    def score(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.score`."""
        return np.asarray((preference_weights(profiles) @ self.seen).toarray(), np.float32)

    def predict_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.predict_stars`."""
        residuals = self.biases.subtract(profiles, self.biases.estimate_user_biases(profiles))
        ones = replace_values(residuals, np.ones_like(residuals.data))
        total = (residuals @ self.rated).toarray()
        weight = (ones @ self.rated).toarray() + _SHRINK
        stars = np.clip(self.biases.predict_stars(profiles) + total / weight, LOWEST, HIGHEST)
        return np.asarray(stars, np.float32)

    def relate(self, films: np.ndarray, rated: np.ndarray) -> np.ndarray:
        """See `Recommender.relate`; the cosine of the residuals."""
        return np.asarray(self.rated[rated][:, films].T.toarray(), np.float32)

    def export_state(self) -> dict[str, np.ndarray]:
        """See `Recommender.export_state`."""
        arrays = self.biases.export_state()
        for name, matrix in (("seen", self.seen), ("rated", self.rated)):
            arrays |= {f"{name}.{part}": getattr(matrix, part) for part in _PARTS}
        return arrays

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.biases.restore(arrays)
        self.seen, self.rated = (
            sparse.csr_matrix(tuple(arrays[f"{name}.{part}"] for part in _PARTS), (len(films),) * 2)
            for name in ("seen", "rated")
        )


def _nearest(matrix: sparse.csr_matrix, count: int, shrink: float) -> sparse.csr_matrix:
    """Return the `count` nearest films of each film, by the cosine over users, CSR float32.

    Neighbours of a film are in its column, so that profiles @ result sums over a profile's films.
    """
    scaled = matrix.astype(np.float64)
    squares = np.bincount(scaled.indices, scaled.data**2, scaled.shape[1])
    scaled.data /= np.sqrt(squares + shrink)[scaled.indices]
    nearest = all_pairs_knn(scaled, count + 1, show_progress=False, num_threads=1).tocsr()
    nearest.setdiag(0)
    nearest.eliminate_zeros()
    nearest.sort_indices()
    return sparse.csr_matrix(nearest.T, dtype=np.float32)
