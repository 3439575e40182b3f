"""Factor models of the rating matrix: ALS with implicit, and NMF with scikit-learn."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import replace_values
from pipeline.recommend.models.base import HIGHEST, Arrays, RankingRecommender, relate_factors
from pipeline.settings import RecommendSettings

__all__ = ["ALS", "NMF"]

_NMF_UPDATES = 60  # multiplicative updates of the factors of a profile


class FactorModel(RankingRecommender):
    """Base of models whose score is the product of the factors of a profile and of a film."""

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.films = np.zeros((0, 1), np.float32)
        self.gram: np.ndarray = np.zeros((1, 1), np.float32)  # films.T @ films

    @abstractmethod
    def fit_film_factors(self, history: History, seed: int) -> np.ndarray:
        """Fit the factors of the films.

        Parameters
        ----------
        history : History
            Training ratings.
        seed : int
            Seed of the random generator.

        Returns
        -------
        ndarray of shape (n_films, n_factors), float
            Converted to float32 by the caller.
        """

    @abstractmethod
    def fit_profile_factors(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """Fit the factors of profiles to the fixed factors of the films.

        Parameters
        ----------
        profiles : csr_matrix of shape (n_profiles, n_films), float32
            Stars, 0.5 to 5.

        Returns
        -------
        ndarray of shape (n_profiles, n_factors), float32
            Factors.
        """

    def fit(self, history: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        self.films = np.ascontiguousarray(self.fit_film_factors(history, seed), np.float32)
        self.gram = self.films.T @ self.films
        self.fit_stars(history, seed)

    def score(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.score`."""
        return np.asarray(self.fit_profile_factors(profiles) @ self.films.T, np.float32)

    def relate(self, films: np.ndarray, rated: np.ndarray) -> np.ndarray:
        """See `Recommender.relate`; the cosine of the factors."""
        return relate_factors(self.films, films, rated)

    def export_state(self) -> dict[str, np.ndarray]:
        """See `Recommender.export_state`."""
        return {**super().export_state(), "films": self.films}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.restore_stars(arrays)
        self.films = arrays["films"]
        self.gram = self.films.T @ self.films


class ALS(FactorModel):
    """Alternating least squares; the confidence in a rating grows with its stars.

    Notes
    -----
    Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", 2008.
    """

    name = "als"

    def _confidence(self, profiles: sparse.csr_matrix) -> sparse.csr_matrix:
        data = (1 + self.settings.als_confidence * profiles.data / HIGHEST).astype(np.float32)
        return replace_values(profiles, data)

    def fit_film_factors(self, history: History, seed: int) -> np.ndarray:
        """See `FactorModel.fit_film_factors`."""
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
            model.fit(self._confidence(history.matrix), show_progress=False)
        return np.asarray(model.item_factors, np.float32)

    def fit_profile_factors(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `FactorModel.fit_profile_factors`; this is one half-step of ALS."""
        confidence, films = self._confidence(profiles), self.films
        gram = self.gram + self.settings.als_penalty * np.eye(films.shape[1])
        factors = np.zeros((confidence.shape[0], films.shape[1]), np.float32)
        spans = zip(confidence.indptr[:-1], confidence.indptr[1:], strict=True)
        for row, (a, b) in enumerate(spans):
            if b > a:
                rated, weight = films[confidence.indices[a:b]], confidence.data[a:b]
                left = gram + (rated * (weight - 1)[:, None]).T @ rated
                factors[row] = np.linalg.solve(left, rated.T @ weight)
        return factors


class NMF(FactorModel):
    """Non-negative matrix factorisation of the ratings; a missing rating counts as 0."""

    name = "nmf"

    def fit_film_factors(self, history: History, seed: int) -> np.ndarray:
        """See `FactorModel.fit_film_factors`."""
        from sklearn import decomposition

        model = decomposition.NMF(
            self.settings.factors,
            init="nndsvda",
            solver="mu",
            random_state=seed,
            max_iter=4 * self.settings.iterations,
            tol=0,
        )
        model.fit(history.matrix)
        return np.asarray(model.components_.T, np.float32)

    def fit_profile_factors(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `FactorModel.fit_profile_factors`; multiplicative updates from equal factors."""
        films = self.films
        factors = np.full((profiles.shape[0], films.shape[1]), 0.1, np.float32)
        target = np.asarray(profiles @ films, np.float32)
        for _ in range(_NMF_UPDATES):
            factors *= target / np.maximum(factors @ self.gram, 1e-9)
        return factors
