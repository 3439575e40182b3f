"""The interface of every recommender, the biases of ratings, and stars from ranking scores.

A model knows a user only by a profile: a row of stars over the films. So users without training
ratings are served like all others. `tests/support/contracts/recommender_contract.py` checks every
model against this interface.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import (
    normalise_rows,
    replace_values,
    row_indices,
    standardise,
)
from pipeline.settings import RecommendSettings

__all__ = [
    "HIGHEST",
    "LOWEST",
    "Arrays",
    "RankingRecommender",
    "RatingBiases",
    "Recommender",
    "damped_means",
    "relate_factors",
]

LOWEST, HIGHEST = 0.5, 5.0  # stars

Arrays = Mapping[str, np.ndarray]


class Recommender(ABC):
    """A model that scores films and predicts ratings; `name` is unique.

    Parameters
    ----------
    settings : RecommendSettings
        Settings of the models.
    """

    name: ClassVar[str]

    def __init__(self, settings: RecommendSettings) -> None:
        self.settings = settings

    @abstractmethod
    def fit(self, history: History, films: Films, seed: int) -> None:
        """Fit the model; the same arguments and settings give the same model.

        Parameters
        ----------
        history : History
            Training ratings.
        films : Films
            Films in the column order of `history.matrix`.
        seed : int
            Seed of the random generator.
        """

    @abstractmethod
    def score(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """Score all films for each profile; the caller leaves out the films of the profile.

        Parameters
        ----------
        profiles : csr_matrix of shape (n_profiles, n_films), float32
            Stars, 0.5 to 5.

        Returns
        -------
        ndarray of shape (n_profiles, n_films), float32
            Higher is better; the range depends on the model.
        """

    @abstractmethod
    def predict_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """Predict the rating of all films for each profile.

        Parameters
        ----------
        profiles : csr_matrix of shape (n_profiles, n_films), float32
            Stars, 0.5 to 5.

        Returns
        -------
        ndarray of shape (n_profiles, n_films), float32
            Stars, 0.5 to 5.
        """

    def relate(self, films: np.ndarray, rated: np.ndarray) -> np.ndarray | None:
        """Return how far the same people rate films high, as far as the model has learnt it.

        Parameters
        ----------
        films : ndarray of shape (n,), int64
            Rows of films.
        rated : ndarray of shape (m,), int64
            Rows of films that a user rated.

        Returns
        -------
        ndarray of shape (n, m), float32, or None
            Above 0 where the same people rate both high, otherwise 0; None if the model learns
            nothing about pairs of films.
        """
        return None

    def liked_by_many(self) -> np.ndarray | None:
        """Return whether several users rated each film high, bool (n_films,); None if unknown."""
        return None

    @abstractmethod
    def export_state(self) -> dict[str, np.ndarray]:
        """Return everything that was learnt, as arrays by name."""

    @abstractmethod
    def restore(self, arrays: Arrays, films: Films) -> None:
        """Set the state of a fitted model.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            From `export_state`.
        films : Films
            The films that the model was fitted with.
        """


class RatingBiases:
    """The mean rating, and how far films and users deviate from it, in stars.

    The bias of a user is computed from the profile. It is damped, so a user without ratings has
    bias 0.

    Parameters
    ----------
    damping : float
        Number of imaginary ratings with bias 0 that each film and user starts with.

    Notes
    -----
    Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", 2009, the
    section on biases.
    """

    # names of the arrays in stored models
    _MEAN, _FILM = "signs.mean", "signs.film"

    def __init__(self, damping: float) -> None:
        self.damping, self.mean = damping, 0.0
        self.film = np.zeros(0, np.float32)

    def fit(self, matrix: sparse.csr_matrix) -> None:
        """Learn the mean and the biases of the films, alternating with those of the users.

        Parameters
        ----------
        matrix : csr_matrix of shape (n_users, n_films), float32
            Stars, 0.5 to 5.
        """
        self.mean = float(matrix.data.mean()) if matrix.nnz else 3.5
        self.film = np.zeros(matrix.shape[1], np.float32)
        rows = row_indices(matrix)
        for _ in range(3):
            user = self.estimate_user_biases(matrix)
            residuals = matrix.data - self.mean - user[rows]
            self.film = damped_means(matrix.indices, residuals, matrix.shape[1], self.damping)

    def estimate_user_biases(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """Compute the bias of each profile.

        Parameters
        ----------
        profiles : csr_matrix of shape (n_profiles, n_films), float32
            Stars, 0.5 to 5.

        Returns
        -------
        ndarray of shape (n_profiles,), float32
            Stars above or below the mean.
        """
        rows = row_indices(profiles)
        residuals = profiles.data - self.mean - self.film[profiles.indices]
        return damped_means(rows, residuals, profiles.shape[0], self.damping)

    def subtract(self, profiles: sparse.csr_matrix, user: np.ndarray) -> sparse.csr_matrix:
        """Subtract the mean and the biases from ratings.

        Parameters
        ----------
        profiles : csr_matrix of shape (n_profiles, n_films), float32
            Stars, 0.5 to 5.
        user : ndarray of shape (n_profiles,), float32
            Biases from `estimate_user_biases`.

        Returns
        -------
        csr_matrix of shape (n_profiles, n_films), float32
            Residuals in stars.
        """
        rows = row_indices(profiles)
        residuals = profiles.data - self.mean - self.film[profiles.indices] - user[rows]
        return replace_values(profiles, residuals.astype(np.float32))

    def predict_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """Predict ratings from the mean and the biases alone.

        Parameters
        ----------
        profiles : csr_matrix of shape (n_profiles, n_films), float32
            Stars, 0.5 to 5.

        Returns
        -------
        ndarray of shape (n_profiles, n_films), float32
            Stars, not clipped.
        """
        users = self.estimate_user_biases(profiles)
        return np.asarray(self.mean + users[:, None] + self.film[None, :], np.float32)

    def export_state(self) -> dict[str, np.ndarray]:
        """Return the mean and the biases of the films, as arrays by name."""
        return {self._MEAN: np.array([self.mean]), self._FILM: self.film}

    def restore(self, arrays: Arrays) -> None:
        """Set the state that `export_state` returned.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            May hold other arrays too.
        """
        self.mean, self.film = float(arrays[self._MEAN][0]), arrays[self._FILM]


def damped_means(group: np.ndarray, values: np.ndarray, count: int, damping: float) -> np.ndarray:
    """Return the mean of each group, drawn towards 0.

    Parameters
    ----------
    group : ndarray of shape (n,), int
        Group of each value, 0 to count - 1.
    values : ndarray of shape (n,), float
        Any values.
    count : int
        Number of groups.
    damping : float
        Number of zeros that each group gets in addition.

    Returns
    -------
    ndarray of shape (count,), float32
        0 for a group without values.

    Examples
    --------
    >>> damped_means(np.array([0, 0, 1]), np.array([1.0, 3.0, 2.0]), 3, damping=2).tolist()
    [1.0, 0.6666666865348816, 0.0]
    """
    total = np.bincount(group, values, count)
    return np.asarray(total / (np.bincount(group, minlength=count) + damping + 1e-9), np.float32)


_RELATED = 0.5  # cosine of the factors of two films from which the same people rate both high


def relate_factors(factors: np.ndarray, films: np.ndarray, rated: np.ndarray) -> np.ndarray:
    """Return the cosines of factors of films with those of rated films, 0 below a half.

    Parameters
    ----------
    factors : ndarray of shape (n_films, n_factors), float32
        Factors of all films.
    films, rated : ndarray of shape (n,) and (m,), int64
        Rows.

    Returns
    -------
    ndarray of shape (n, m), float32
        0, or 0.5 to 1.
    """
    cosines = normalise_rows(factors[films]) @ normalise_rows(factors[rated]).T
    return np.asarray(np.where(cosines >= _RELATED, cosines, 0), np.float32)


_SLOPE_USERS = 1_000  # users that the slope is fitted on
_SLOPE_LIMIT = 3  # standardised scores are clipped at this


class RankingRecommender(Recommender):
    """Base of models that only rank: stars are biases plus a slope times the standardised score.

    The slope is fitted by least squares to the residuals of the biases.
    """

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.biases = RatingBiases(settings.damping)
        self.slope = np.zeros(1, np.float32)

    def fit_stars(self, history: History, seed: int) -> None:
        """Fit the biases and the slope; call it when `score` works.

        Parameters
        ----------
        history : History
            Training ratings.
        seed : int
            Seed of the sample of users.
        """
        self.biases.fit(history.matrix)
        rows = np.random.default_rng(seed).permutation(history.matrix.shape[0])[:_SLOPE_USERS]
        sample = history.matrix[np.sort(rows)]
        residuals = self.biases.subtract(sample, self.biases.estimate_user_biases(sample)).data
        scores = standardise(self.score(sample), _SLOPE_LIMIT)[row_indices(sample), sample.indices]
        slope = scores @ residuals / max(float(scores @ scores), 1e-9)
        self.slope = np.array([slope], np.float32)

    def predict_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.predict_stars`."""
        change = self.slope[0] * standardise(self.score(profiles), _SLOPE_LIMIT)
        stars = np.clip(self.biases.predict_stars(profiles) + change, LOWEST, HIGHEST)
        return np.asarray(stars, np.float32)

    def export_state(self) -> dict[str, np.ndarray]:
        """See `Recommender.export_state`."""
        return {**self.biases.export_state(), "slope": self.slope}

    def restore_stars(self, arrays: Arrays) -> None:
        """Set biases and slope from `export_state`.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            May hold other arrays too.
        """
        self.biases.restore(arrays)
        self.slope = arrays["slope"]
