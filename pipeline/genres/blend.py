"""Several classifiers as one: the mean of their log odds, calibrated and tuned again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.genres.classifier import Classifier
from pipeline.genres.deciding import log_odds
from pipeline.genres.scorers import Held

__all__ = ["BlendScorer"]

_LEAST = 1e-5  # probability that is told apart from 0 and 1


class BlendScorer:
    """Its members are fitted already and read the same inputs.

    Raises
    ------
    ModelError
        when there are no members, or they differ in their genres or inputs.
    """

    def __init__(self, members: Sequence[Classifier]) -> None:
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

    @property
    def needs_vectors(self) -> bool:
        return any(member.needs_vectors for member in self.members)

    def fit(self, train: Held, validation: Held, seed: int) -> dict[str, Any]:
        return {"members": [member.name for member in self.members]}

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        odds = [log_odds(m.probabilities(texts, vectors), _LEAST) for m in self.members]
        return np.asarray(np.mean(odds, axis=0), np.float32)
