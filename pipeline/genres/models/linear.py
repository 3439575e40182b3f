"""Logistic regression and linear SVM, one model for each genre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from pipeline.genres.models.vectorizers import Features
from pipeline.settings import GenreSettings

__all__ = ["LinearSvm", "Logistic", "fit_svm"]

_ITERATIONS = 2_000


class _Linear:
    """An `Estimator` whose scores are `features @ weights + bias`."""

    def __init__(self, settings: GenreSettings) -> None:
        self.settings = settings
        self._weights = np.zeros((0, 0), np.float32)  # (features, genres)
        self._bias = np.zeros(0, np.float32)

    def _fit_one(self, features: Features, has: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
        """Return the weights (n_features,) and the bias of one genre."""
        raise NotImplementedError

    def fit(self, features: Features, labels: np.ndarray, seed: int) -> None:
        """Fit one model per genre; see `Estimator.fit`."""
        fits = [self._fit_one(features, labels[:, g], seed) for g in range(labels.shape[1])]
        self._weights = np.stack([weights for weights, _ in fits], axis=1).astype(np.float32)
        self._bias = np.array([bias for _, bias in fits], np.float32)

    def scores(self, features: Features) -> np.ndarray:
        """Return the decision scores; see `Estimator.scores`."""
        return np.asarray(features @ self._weights + self._bias, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return the learnt arrays; see `Estimator.state`."""
        return {"weights": self._weights, "bias": self._bias}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Load the arrays of `state`."""
        self._weights, self._bias = state["weights"], state["bias"]


class Logistic(_Linear):
    """L2-regularised logistic regression; liblinear for words, L-BFGS for embeddings."""

    def _fit_one(self, features: Features, has: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
        from sklearn.linear_model import LogisticRegression

        if has.all() or not has.any():
            return _constant(features, has)
        model: Any = LogisticRegression(
            C=self.settings.penalty if sparse.issparse(features) else 2 * self.settings.penalty,
            solver="liblinear" if sparse.issparse(features) else "lbfgs",
            max_iter=_ITERATIONS,
            random_state=seed,
        ).fit(features, has)
        return model.coef_[0], float(model.intercept_[0])


class LinearSvm(_Linear):
    """Linear SVM with squared hinge loss (liblinear)."""

    def _fit_one(self, features: Features, has: np.ndarray, seed: int) -> tuple[np.ndarray, float]:
        return fit_svm(features, has, self.settings.svm_penalty, seed)


def fit_svm(
    features: Features, has: np.ndarray, penalty: float, seed: int
) -> tuple[np.ndarray, float]:
    """Fit a linear SVM for one genre.

    Parameters
    ----------
    features : CSR matrix or ndarray of shape (n_films, n_features), float32
    has : ndarray of shape (n_films,), bool
        Whether the film has the genre.
    penalty : float
        C of the SVM, above 0.
    seed : int
        Seed of the random generator.

    Returns
    -------
    weights : ndarray of shape (n_features,), float64
        All 0 if all or none of the films have the genre.
    bias : float
    """
    from sklearn.svm import LinearSVC

    if has.all() or not has.any():
        return _constant(features, has)
    model: Any = LinearSVC(C=penalty, max_iter=20_000, random_state=seed).fit(features, has)
    return model.coef_[0], float(model.intercept_[0])


def _constant(features: Features, has: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights of 0 and the bias of a genre that all or none of the films have."""
    return np.zeros(features.shape[1]), 1.0 if has.all() else -1.0
