"""Several classifiers as one: their log odds weighed by what validation films say of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.genres.models.calibration import log_odds, sigmoid
from pipeline.genres.models.classifier import Classifier
from pipeline.genres.models.scorers import Held

__all__ = ["BlendScorer"]

_LEAST = 1e-5  # probability that is told apart from 0 and 1


class BlendScorer:
    """Its members are fitted already and read the same inputs.

    `weights` (members,) float64, at least 0, come of `fit`: logistic regression of all genres at
    once on the members' log odds (a logarithmic opinion pool: Genest and Zidek 1986).

    Raises
    ------
    ModelError
        when there are no members, or they differ in their genres or inputs.
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
        return any(member.needs_vectors for member in self.members)

    def fit(self, train: Held, validation: Held, seed: int) -> dict[str, Any]:
        self.weights = _weights(self._odds(validation.texts, validation.vectors), validation.labels)
        names = [member.name for member in self.members]
        return {"members": names, "weights": self.weights.round(4).tolist()}

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        odds = np.tensordot(self.weights, self._odds(texts, vectors), 1)
        return np.asarray(odds, np.float32)

    def _odds(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        """Log odds by each member, (members, n, genres)."""
        return np.stack([log_odds(m.probabilities(texts, vectors), _LEAST) for m in self.members])


def _weights(odds: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The weights of least cross-entropy, each genre with a shift of its own."""
    from scipy.optimize import minimize

    members, _, genres = odds.shape

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        z = np.tensordot(parameters[:members], odds, 1) + parameters[members:]
        rest = sigmoid(z) - labels
        slopes = np.concatenate([(odds * rest).mean((1, 2)), rest.mean(0) / genres])
        return float(np.mean(np.logaddexp(0, z) - labels * z)), slopes

    start = np.concatenate([np.full(members, 1 / members), np.zeros(genres)])
    bounds = [(0.0, None)] * members + [(None, None)] * genres
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:members]
    return np.asarray(found) if found.any() else start[:members]
