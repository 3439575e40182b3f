"""Biased matrix factorisation, known as SVD, by stochastic gradient descent.

Written here with Numba: LensKit, which has it, requires an older pandas than the version that is
pinned here, and implicit predicts no stars.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import row_indices
from pipeline.recommend.models.base import (
    HIGHEST,
    LOWEST,
    Arrays,
    RatingBiases,
    Recommender,
    relate_factors,
)
from pipeline.settings import RecommendSettings

__all__ = ["SVD", "solve_profile_factors"]

_LEAST_RATINGS = 20  # a shorter profile is penalised like one of this length


class SVD(Recommender):
    """Stars are biases plus the product of the factors of a user and a film; films rank by stars.

    The factors of a profile are the ridge solution for its ratings, with the factors of the films
    fixed.

    Notes
    -----
    Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", 2009.
    """

    name = "svd"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.biases = RatingBiases(settings.damping)
        self.films = np.zeros((0, 1), np.float32)

    def fit(self, history: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        settings, matrix = self.settings, history.matrix
        self.biases.fit(matrix)
        rng = np.random.default_rng(seed)
        count = settings.svd_factors
        user = rng.normal(0, 0.1, (matrix.shape[0], count)).astype(np.float32)
        film = rng.normal(0, 0.1, (matrix.shape[1], count)).astype(np.float32)
        user_bias = self.biases.estimate_user_biases(matrix)
        film_bias = self.biases.film.copy()
        rows = row_indices(matrix).astype(np.int32)
        for _ in range(settings.epochs):
            order = rng.permutation(matrix.nnz)
            _epoch(
                order,
                rows,
                matrix.indices,
                matrix.data,
                self.biases.mean,
                user,
                film,
                user_bias,
                film_bias,
                settings.rate,
                settings.penalty,
            )
        self.biases.film = film_bias
        film[history.counts == 0] = 0
        self.films = film

    def score(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.score`."""
        return self._predict_unclipped(profiles)

    def predict_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.predict_stars`."""
        return np.asarray(np.clip(self._predict_unclipped(profiles), LOWEST, HIGHEST), np.float32)

    def _predict_unclipped(self, profiles: sparse.csr_matrix) -> np.ndarray:
        residuals = self.biases.subtract(profiles, self.biases.estimate_user_biases(profiles))
        factors = solve_profile_factors(residuals, self.films, self.settings.penalty)
        stars = self.biases.predict_stars(profiles) + factors @ self.films.T
        return np.asarray(stars, np.float32)

    def relate(self, films: np.ndarray, rated: np.ndarray) -> np.ndarray:
        """See `Recommender.relate`; the cosine of the factors."""
        return relate_factors(self.films, films, rated)

    def export_state(self) -> dict[str, np.ndarray]:
        """See `Recommender.export_state`."""
        return {**self.biases.export_state(), "films": self.films}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.biases.restore(arrays)
        self.films = arrays["films"]


def solve_profile_factors(
    residuals: sparse.csr_matrix, films: np.ndarray, penalty: float
) -> np.ndarray:
    """Fit the factors of each profile to its residuals by ridge regression.

    Parameters
    ----------
    residuals : csr_matrix of shape (n_profiles, n_films), float32
        Ratings without biases, in stars.
    films : ndarray of shape (n_films, n_factors), float32
        Factors of the films.
    penalty : float
        Per rating, as in the gradient descent; a profile has the penalty of at least 20 ratings.

    Returns
    -------
    ndarray of shape (n_profiles, n_factors), float32
        0 for an empty profile.
    """
    factors = np.zeros((residuals.shape[0], films.shape[1]), np.float32)
    spans = zip(residuals.indptr[:-1], residuals.indptr[1:], strict=True)
    for row, (a, b) in enumerate(spans):
        if b > a:
            rated = films[residuals.indices[a:b]]
            strength = penalty * max(_LEAST_RATINGS, b - a)
            eye = strength * np.eye(films.shape[1], dtype=np.float32)
            factors[row] = np.linalg.solve(rated.T @ rated + eye, rated.T @ residuals.data[a:b])
    return factors


def _descend(
    order: Any,
    rows: Any,
    columns: Any,
    stars: Any,
    mean: float,
    user: Any,
    film: Any,
    user_bias: Any,
    film_bias: Any,
    rate: float,
    penalty: float,
) -> None:
    """Update factors and biases in place, in one pass over the ratings in `order`."""
    for at in order:
        u, i = rows[at], columns[at]
        predicted = mean + user_bias[u] + film_bias[i]
        for f in range(user.shape[1]):
            predicted += user[u, f] * film[i, f]
        error = stars[at] - predicted
        user_bias[u] += rate * (error - penalty * user_bias[u])
        film_bias[i] += rate * (error - penalty * film_bias[i])
        for f in range(user.shape[1]):
            p, q = user[u, f], film[i, f]
            user[u, f] += rate * (error * q - penalty * p)
            film[i, f] += rate * (error * p - penalty * q)


_epoch: Any = njit(_descend)  # not cached on disk: the installation may be read-only
