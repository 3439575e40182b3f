"""ALS on what was watched (Hu, Koren, Volinsky 2008) by implicit, and NMF by scikit-learn."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import with_values
from pipeline.recommend.models.base import HIGHEST, Arrays, Ranked
from pipeline.settings import RecommendSettings

__all__ = ["ALS", "NMF"]


class Factors(Ranked):
    """Scores are products of a profile's factors and those of the films."""

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.films = np.zeros((0, 1), np.float32)
        self.gram: np.ndarray = np.zeros((1, 1), np.float32)  # films.T @ films

    @abstractmethod
    def learnt(self, known: History, seed: int) -> np.ndarray:
        """The films' factors, float32 (films, factors)."""

    @abstractmethod
    def users(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """The factors of each profile, float32 (profiles, factors)."""

    def fit(self, known: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        self.films = np.ascontiguousarray(self.learnt(known, seed), np.float32)
        self.gram = self.films.T @ self.films
        self.fit_stars(known, seed)

    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.scores`."""
        return np.asarray(self.users(profiles) @ self.films.T, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """See `Recommender.state`."""
        return {**super().state(), "films": self.films}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.restore_stars(arrays)
        self.films = arrays["films"]
        self.gram = self.films.T @ self.films


class ALS(Factors):
    """Alternating least squares on confidences that grow with the stars."""

    name = "als"

    def _confidence(self, profiles: sparse.csr_matrix) -> sparse.csr_matrix:
        data = (1 + self.settings.als_confidence * profiles.data / HIGHEST).astype(np.float32)
        return with_values(profiles, data)

    def learnt(self, known: History, seed: int) -> np.ndarray:
        """The films' factors after `iterations`."""
        from implicit.als import AlternatingLeastSquares

        with threadpool_limits(1, "blas"):  # implicit has threads of its own
            model = AlternatingLeastSquares(
                factors=self.settings.factors,
                regularization=self.settings.als_penalty,
                iterations=self.settings.iterations,
                use_gpu=False,
                random_state=seed,
                calculate_training_loss=False,
            )
            model.fit(self._confidence(known.matrix), show_progress=False)
        return np.asarray(model.item_factors, np.float32)

    def users(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """Each profile's factors with the films' held: one step of ALS."""
        own, films = self._confidence(profiles), self.films
        gram = self.gram + self.settings.als_penalty * np.eye(films.shape[1])
        found = np.zeros((own.shape[0], films.shape[1]), np.float32)
        for row, (a, b) in enumerate(zip(own.indptr[:-1], own.indptr[1:], strict=True)):
            if b > a:
                mine, weight = films[own.indices[a:b]], own.data[a:b]
                left = gram + (mine * (weight - 1)[:, None]).T @ mine
                found[row] = np.linalg.solve(left, mine.T @ weight)
        return found


class NMF(Factors):
    """Non-negative factors of the ratings, the unrated being 0."""

    name = "nmf"

    def learnt(self, known: History, seed: int) -> np.ndarray:
        """The films' factors."""
        from sklearn import decomposition

        model = decomposition.NMF(
            self.settings.factors,
            init="nndsvda",
            solver="mu",
            random_state=seed,
            max_iter=4 * self.settings.iterations,
            tol=0,
        )
        model.fit(known.matrix)
        return np.asarray(model.components_.T, np.float32)

    def users(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """Each profile's factors: multiplicative updates from an even start."""
        films = self.films
        found = np.full((profiles.shape[0], films.shape[1]), 0.1, np.float32)
        told = np.asarray(profiles @ films, np.float32)
        for _ in range(60):
            found *= told / np.maximum(found @ self.gram, 1e-9)
        return found
