"""EASE: a linear model between films, with weights in closed form."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import preference_weights
from pipeline.recommend.models.base import Arrays, RankingRecommender
from pipeline.settings import RecommendSettings

__all__ = ["EASE"]


class EASE(RankingRecommender):
    """The score of a film is a weighted sum over the other films of the profile.

    Ratings are weighted by `preference_weights`. Only the `ease_films` films with the most ratings
    take part, because memory grows with the square and time with the cube of their number. The
    other films score 0.

    Notes
    -----
    Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019.
    """

    name = "ease"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.chosen = np.zeros(0, np.int64)
        self.weights: np.ndarray = np.zeros((0, 0), np.float32)
        self.count = 0

    def fit(self, history: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        self.count = len(films)
        counts = history.counts
        best = np.lexsort((np.arange(self.count), -counts))[: self.settings.ease_films]
        self.chosen = np.sort(best[counts[best] > 0]).astype(np.int64)
        weighted = preference_weights(history.matrix[:, self.chosen]).astype(np.float64)
        gram = (weighted.T @ weighted).toarray()
        gram[np.diag_indices_from(gram)] += self.settings.ease_penalty
        inverse = np.linalg.inv(gram)
        weights = inverse / -np.diag(inverse)[None, :]
        np.fill_diagonal(weights, 0)
        self.weights = weights.astype(np.float32)
        self.fit_stars(history, seed)

    def score(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.score`."""
        scores = np.zeros((profiles.shape[0], self.count), np.float32)
        scores[:, self.chosen] = preference_weights(profiles[:, self.chosen]) @ self.weights
        return scores

    def relate(self, films: np.ndarray, rated: np.ndarray) -> np.ndarray:
        """See `Recommender.relate`; the positive weights."""
        at = np.full(self.count, -1, np.int64)
        at[self.chosen] = np.arange(len(self.chosen))
        related = np.zeros((len(films), len(rated)), np.float32)
        rows, columns = at[films] >= 0, at[rated] >= 0
        weights = self.weights[np.ix_(at[rated][columns], at[films][rows])].T
        related[np.ix_(rows, columns)] = np.maximum(weights, 0)
        return related

    def export_state(self) -> dict[str, np.ndarray]:
        """See `Recommender.export_state`."""
        return {**super().export_state(), "chosen": self.chosen, "weights": self.weights}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.restore_stars(arrays)
        self.chosen, self.weights = arrays["chosen"], arrays["weights"]
        self.count = len(films)
