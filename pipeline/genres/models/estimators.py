"""Estimators: features to a score for each genre. One contract, and the estimators by name.

Scores are higher where a genre is more likely; `classifier` turns them into probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import numpy as np

from pipeline.genres.models.classifier_chains import Chains
from pipeline.genres.models.linear import LinearSvm, Logistic
from pipeline.genres.models.ml_knn import Knn, MlKnn
from pipeline.genres.models.trees import Trees
from pipeline.genres.models.vectorizers import Features
from pipeline.settings import GenreSettings

__all__ = ["ESTIMATORS", "Estimator"]


class Estimator(Protocol):
    """Learns genres from features; all that it learns is a set of arrays."""

    def fit(self, features: Features, labels: np.ndarray, seed: int) -> None:
        """Learn from films.

        Parameters
        ----------
        features : CSR matrix or ndarray of shape (n_films, n_features), float32
            Features from a `Representation`.
        labels : ndarray of shape (n_films, n_genres), bool
            True where the film has the genre.
        seed : int
            Seed of the random generator.
        """
        ...

    def scores(self, features: Features) -> np.ndarray:
        """Return a score for each film and genre.

        Parameters
        ----------
        features : CSR matrix or ndarray of shape (n_films, n_features), float32

        Returns
        -------
        ndarray of shape (n_films, n_genres), float32
            Finite; higher where a genre is more likely.
        """
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Return all that the estimator has learnt, as arrays by name."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Load what `state` returned."""
        ...


ESTIMATORS: Mapping[str, Callable[[GenreSettings], Estimator]] = {
    "logistic": Logistic,
    "svm": LinearSvm,
    "knn": Knn,
    "tree": partial(Trees, together=False),
    "chains": Chains,
    "ml-knn": MlKnn,
    "multi-label-tree": partial(Trees, together=True),
}
