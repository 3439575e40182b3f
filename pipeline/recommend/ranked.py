"""Models that rank: their stars are biases and what a film's score beside the others' adds."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from pipeline.recommend.contract import HIGHEST, LOWEST, Arrays, Recommender, Signs
from pipeline.recommend.history import History
from pipeline.recommend.matrices import row_of_each, standardised
from pipeline.settings import RecommendSettings

__all__ = ["Ranked"]

_SAMPLE = 1_000  # users on which the slope is learnt


class Ranked(Recommender):
    """Stars from scores: a slope learnt by least squares on what the biases leave."""

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.signs = Signs(settings.damping)
        self.slope = np.zeros(1, np.float32)

    def fit_stars(self, known: History, seed: int) -> None:
        """Learn biases and slope, once `scores` answers."""
        self.signs.fit(known.matrix)
        rows = np.random.default_rng(seed).permutation(known.matrix.shape[0])[:_SAMPLE]
        own = known.matrix[np.sort(rows)]
        left = self.signs.residuals(own, self.signs.users(own)).data
        told = standardised(self.scores(own), 3)[row_of_each(own), own.indices]
        self.slope = np.array([told @ left / max(float(told @ told), 1e-9)], np.float32)

    def stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.stars`."""
        moved = self.slope[0] * standardised(self.scores(profiles), 3)
        told = np.clip(self.signs.stars(profiles) + moved, LOWEST, HIGHEST)
        return np.asarray(told, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """See `Recommender.state`."""
        return {**self.signs.state(), "slope": self.slope}

    def restore_stars(self, arrays: Arrays) -> None:
        """Biases and slope of `state`."""
        self.signs.restore(arrays)
        self.slope = arrays["slope"]
