"""What learns genres from features: one contract, and the estimators by name.

`scores` are higher where a genre is likelier; `classifier` turns them into probabilities.
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
    """Learns (films, features) -> (films, genres); what it has learnt is a set of arrays."""

    def fit(self, features: Features, labels: np.ndarray, seed: int) -> None:
        """Learn from features (n, f) and labels, bool (n, genres)."""
        ...

    def scores(self, features: Features) -> np.ndarray:
        """One score for each film and genre, float32 (n, genres), all finite."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """What was learnt."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Be as the estimator was that `state` is of."""
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
