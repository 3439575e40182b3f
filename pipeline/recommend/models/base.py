"""What every recommender promises; `tests/support/contracts/recommender_contract.py` holds it to that.

A model knows users by what they rated, so one of whom nothing was learnt is answered like any
other: every answer is of profiles, rows of ratings over the films.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import row_of_each, standardised, with_values
from pipeline.settings import RecommendSettings

__all__ = ["HIGHEST", "LOWEST", "Ranked", "Recommender", "Signs", "damped_means"]

LOWEST, HIGHEST = 0.5, 5.0


Arrays = Mapping[str, np.ndarray]


class Recommender(ABC):
    """A model that is fitted once, then asked; `name` is unique."""

    name: ClassVar[str]

    def __init__(self, settings: RecommendSettings) -> None:
        self.settings = settings

    @abstractmethod
    def fit(self, known: History, films: Films, seed: int) -> None:
        """Learn; the same ratings, films, settings and seed give the same model."""

    @abstractmethod
    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """How fit each film is for each profile, float32 (profiles, films); higher is better.

        Films of the profile are scored like others: whoever asks leaves them out.
        """

    @abstractmethod
    def stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """The rating expected of each film, float32 (profiles, films), 0.5 to 5."""

    @abstractmethod
    def state(self) -> dict[str, np.ndarray]:
        """All that was learnt, as arrays."""

    @abstractmethod
    def restore(self, arrays: Arrays, films: Films) -> None:
        """Become the model of which `state` was taken."""


class Signs:
    """Biases (Koren 2009, section 2.1): the mean, and how far films and users lie from it.

    A user's bias is found from the profile, damped; so one without ratings has none.
    """

    def __init__(self, damping: float) -> None:
        self.damping, self.mean = damping, 0.0
        self.film = np.zeros(0, np.float32)

    def fit(self, matrix: sparse.csr_matrix) -> None:
        """Learn the mean and the films' biases, users' taken out, in three rounds."""
        self.mean = float(matrix.data.mean()) if matrix.nnz else 3.5
        self.film = np.zeros(matrix.shape[1], np.float32)
        rows = row_of_each(matrix)
        for _ in range(3):
            user = self.users(matrix)
            left = matrix.data - self.mean - user[rows]
            self.film = damped_means(matrix.indices, left, matrix.shape[1], self.damping)

    def users(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """The bias of each profile, float32 (profiles,)."""
        rows = row_of_each(profiles)
        left = profiles.data - self.mean - self.film[profiles.indices]
        return damped_means(rows, left, profiles.shape[0], self.damping)

    def residuals(self, profiles: sparse.csr_matrix, user: np.ndarray) -> sparse.csr_matrix:
        """What is left of the ratings without mean and biases."""
        rows = row_of_each(profiles)
        left = profiles.data - self.mean - self.film[profiles.indices] - user[rows]
        return with_values(profiles, left.astype(np.float32))

    def stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """Mean and biases of each film, float32 (profiles, films), not yet within bounds."""
        whole = self.mean + self.users(profiles)[:, None] + self.film[None, :]
        return np.asarray(whole, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """The mean and the films' biases."""
        return {"signs.mean": np.array([self.mean]), "signs.film": self.film}

    def restore(self, arrays: Arrays) -> None:
        """See `Recommender.restore`."""
        self.mean, self.film = float(arrays["signs.mean"][0]), arrays["signs.film"]


def damped_means(group: np.ndarray, values: np.ndarray, count: int, damping: float) -> np.ndarray:
    """The mean of each group's values, drawn to 0 by `damping` values of 0; float32 (count,)."""
    total = np.bincount(group, values, count)
    return np.asarray(total / (np.bincount(group, minlength=count) + damping + 1e-9), np.float32)


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
