"""What learns genres from features: one contract, and the estimators by name.

`scores` are higher where a genre is likelier; `classifier` turns them into probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from pipeline.genres.chains import Chains
from pipeline.genres.linear import LinearSvm, Logistic
from pipeline.genres.nearest import Knn, MlKnn
from pipeline.genres.represent import Features
from pipeline.genres.trees import Trees
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


def _tree(settings: GenreSettings) -> Estimator:
    return Trees(settings, together=False)


def _multi_label_tree(settings: GenreSettings) -> Estimator:
    return Trees(settings, together=True)


ESTIMATORS: Mapping[str, Callable[[GenreSettings], Estimator]] = {
    "logistic": Logistic,
    "svm": LinearSvm,
    "knn": Knn,
    "tree": _tree,
    "chains": Chains,
    "ml-knn": MlKnn,
    "multi-label-tree": _multi_label_tree,
}
