"""EASE: films by the films of a profile, with weights in closed form (Steck 2019)."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import liking
from pipeline.recommend.models.base import Arrays, Ranked
from pipeline.settings import RecommendSettings

__all__ = ["EASE"]


class EASE(Ranked):
    """Each film's score is a weighted sum over the profile's films, no film counting for itself.

    Ratings count by how much they were liked. Only the `ease_films` most rated films take part:
    weights take memory quadratic in them, and time cubic. The others score 0.
    """

    name = "ease"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.chosen = np.zeros(0, np.int64)
        self.weights: np.ndarray = np.zeros((0, 0), np.float32)
        self.count = 0

    def fit(self, known: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        self.count = len(films)
        rated = known.counts
        best = np.lexsort((np.arange(self.count), -rated))[: self.settings.ease_films]
        self.chosen = np.sort(best[rated[best] > 0]).astype(np.int64)
        given = liking(known.matrix[:, self.chosen]).astype(np.float64)
        gram = (given.T @ given).toarray()
        gram[np.diag_indices_from(gram)] += self.settings.ease_penalty
        inverse = np.linalg.inv(gram)
        weights = inverse / -np.diag(inverse)[None, :]
        np.fill_diagonal(weights, 0)
        self.weights = weights.astype(np.float32)
        self.fit_stars(known, seed)

    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.scores`."""
        found = np.zeros((profiles.shape[0], self.count), np.float32)
        found[:, self.chosen] = liking(profiles[:, self.chosen]) @ self.weights
        return found

    def state(self) -> dict[str, np.ndarray]:
        """See `Recommender.state`."""
        return {**super().state(), "chosen": self.chosen, "weights": self.weights}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.restore_stars(arrays)
        self.chosen, self.weights = arrays["chosen"], arrays["weights"]
        self.count = len(films)
