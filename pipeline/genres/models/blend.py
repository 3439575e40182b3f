"""Several classifiers as one: a weighted sum of their log odds, weighted on validation films."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import JsonValue

from pipeline.errors import ModelError
from pipeline.genres.models.calibration import log_odds, sigmoid
from pipeline.genres.models.classifier import Classifier
from pipeline.genres.models.scorers import LabelledTexts

__all__ = ["BlendScorer"]

_LEAST = 1e-5  # smallest probability that differs from 0


class BlendScorer:
    """A blend of fitted classifiers that read the same inputs.

    Parameters
    ----------
    members : sequence of Classifier
        Fitted models with the same genres and inputs.
    weights : ndarray of shape (n_members,), float64, optional
        At least 0; equal weights until `fit`.

    Raises
    ------
    ModelError
        If there are no members, or they differ in genres or inputs.

    Notes
    -----
    `fit` learns the weights by logistic regression of all genres together on the members' log odds:
    a logarithmic opinion pool (Genest and Zidek 1986).
    """

    def __init__(self, members: Sequence[Classifier], weights: np.ndarray | None = None) -> None:
        if not members:
            raise ModelError("a blend has members: train some models first")
        first = members[0]
        for member in members[1:]:
            if (member.genres, member.inputs) != (first.genres, first.inputs):
                raise ModelError(
                    f"models {first.name!r} and {member.name!r} differ in genres or inputs and "
                    "cannot be blended; train both on the same films"
                )
        self.members = tuple(members)
        self.weights = np.full(len(members), 1 / len(members)) if weights is None else weights
        if self.weights.shape != (len(members),):
            raise ModelError(f"a blend of {len(members)} models has {self.weights.shape} weights")

    @property
    def needs_vectors(self) -> bool:
        """Whether any member reads embeddings of the texts."""
        return any(member.needs_vectors for member in self.members)

    def fit(
        self, train: LabelledTexts, validation: LabelledTexts, seed: int
    ) -> dict[str, JsonValue]:
        """Learn the weights from the validation films; the members stay unchanged."""
        self.weights = _fit_weights(
            self._log_odds(validation.texts, validation.vectors), validation.labels
        )
        weights: list[JsonValue] = self.weights.round(4).tolist()
        return {"members": [member.name for member in self.members], "weights": weights}

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        """Return the weighted log odds of texts, float32 (n_texts, n_genres)."""
        return np.asarray(np.tensordot(self.weights, self._log_odds(texts, vectors), 1), np.float32)

    def _log_odds(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        """Return the log odds of each member, float64 (n_members, n_texts, n_genres)."""
        return np.stack([log_odds(m.probabilities(texts, vectors), _LEAST) for m in self.members])


def _fit_weights(odds: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the weights with the least cross-entropy; each genre has a shift of its own."""
    from scipy.optimize import minimize

    members, _, genres = odds.shape

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        z = np.tensordot(parameters[:members], odds, 1) + parameters[members:]
        rest = sigmoid(z) - labels
        slopes = np.concatenate([(odds * rest).mean((1, 2)), rest.mean(0) / genres])
        return float(np.mean(np.logaddexp(0, z) - labels * z)), slopes

    start = np.concatenate([np.full(members, 1 / members), np.zeros(genres)])
    bounds = [(0.0, None)] * members + [(None, None)] * genres
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:members]
    return np.asarray(weights) if weights.any() else start[:members]
