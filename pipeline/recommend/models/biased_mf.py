"""Biased matrix factorisation, known as SVD (Koren 2009): stochastic gradient descent.

Our own with Numba: LensKit, whose it would be, holds pandas below the version that is pinned here,
and implicit learns no stars.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import row_of_each
from pipeline.recommend.models.base import HIGHEST, LOWEST, Arrays, Recommender, Signs
from pipeline.settings import RecommendSettings

__all__ = ["SVD", "folded"]


class SVD(Recommender):
    """Stars as biases and the product of a user's and a film's factors; lists by those stars.

    A profile's factors are the ridge solution over its ratings with the films' factors held.
    """

    name = "svd"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.signs = Signs(settings.damping)
        self.films = np.zeros((0, 1), np.float32)

    def fit(self, known: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        settings, matrix = self.settings, known.matrix
        self.signs.fit(matrix)
        draw = np.random.default_rng(seed)
        count = settings.svd_factors
        user = draw.normal(0, 0.1, (matrix.shape[0], count)).astype(np.float32)
        film = draw.normal(0, 0.1, (matrix.shape[1], count)).astype(np.float32)
        user_bias, film_bias = self.signs.users(matrix), self.signs.film.copy()
        rows = row_of_each(matrix).astype(np.int32)
        for _ in range(settings.epochs):
            order = draw.permutation(matrix.nnz)
            _epoch(
                order,
                rows,
                matrix.indices,
                matrix.data,
                self.signs.mean,
                user,
                film,
                user_bias,
                film_bias,
                settings.rate,
                settings.penalty,
            )
        self.signs.film = film_bias
        film[known.counts == 0] = 0
        self.films = film

    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.scores`."""
        return self._raw(profiles)

    def stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.stars`."""
        return np.asarray(np.clip(self._raw(profiles), LOWEST, HIGHEST), np.float32)

    def _raw(self, profiles: sparse.csr_matrix) -> np.ndarray:
        left = self.signs.residuals(profiles, self.signs.users(profiles))
        own = folded(left, self.films, self.settings.penalty)
        return np.asarray(self.signs.stars(profiles) + own @ self.films.T, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """See `Recommender.state`."""
        return {**self.signs.state(), "films": self.films}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.signs.restore(arrays)
        self.films = arrays["films"]


def folded(left: sparse.csr_matrix, films: np.ndarray, penalty: float) -> np.ndarray:
    """Factors of each row from its values alone: ridge regression, float32 (rows, factors).

    The penalty is one for each value, as in the descent, and never less than that of 20.
    """
    found = np.zeros((left.shape[0], films.shape[1]), np.float32)
    for row, (a, b) in enumerate(zip(left.indptr[:-1], left.indptr[1:], strict=True)):
        if b > a:
            own = films[left.indices[a:b]]
            eye = penalty * max(20, b - a) * np.eye(films.shape[1], dtype=np.float32)
            found[row] = np.linalg.solve(own.T @ own + eye, own.T @ left.data[a:b])
    return found


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
    """One pass over the ratings in the order given."""
    for at in order:
        u, i = rows[at], columns[at]
        told = mean + user_bias[u] + film_bias[i]
        for f in range(user.shape[1]):
            told += user[u, f] * film[i, f]
        error = stars[at] - told
        user_bias[u] += rate * (error - penalty * user_bias[u])
        film_bias[i] += rate * (error - penalty * film_bias[i])
        for f in range(user.shape[1]):
            p, q = user[u, f], film[i, f]
            user[u, f] += rate * (error * q - penalty * p)
            film[i, f] += rate * (error * p - penalty * q)


_epoch: Any = njit(_descend)  # not cached on disk: an installation may be read-only
