"""Decision trees: one for each genre, or one multi-label tree for all genres together.

scikit-learn grows the trees. Only their arrays are stored, and prediction reads these arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from pipeline.genres.models.calibration import log_odds
from pipeline.genres.models.vectorizers import Features
from pipeline.settings import GenreSettings

__all__ = ["Trees"]

_LEAST = 1e-3  # smallest probability that differs from 0
_SPLIT_FEATURES = 64  # features that a split may choose from


class Trees:
    """Decision trees, an `Estimator`.

    Parameters
    ----------
    settings : GenreSettings
        Depth of a tree, and the least number of films in a leaf.
    together : bool
        One tree whose splits minimise the mean impurity of all genres, instead of one per genre.
    """

    def __init__(self, settings: GenreSettings, *, together: bool) -> None:
        self.settings = settings
        self._together = together
        self._nodes: list[dict[str, np.ndarray]] = []

    def fit(self, features: Features, labels: np.ndarray, seed: int) -> None:
        """Grow the trees; see `Estimator.fit`."""
        from sklearn.tree import DecisionTreeClassifier

        read = features.tocsc() if sparse.issparse(features) else features
        genres = labels.shape[1]
        targets = [slice(0, genres)] if self._together else [slice(g, g + 1) for g in range(genres)]
        self._nodes = []
        for number, target in enumerate(targets):
            model: Any = DecisionTreeClassifier(
                criterion="entropy",
                max_depth=self.settings.tree_depth,
                min_samples_leaf=self.settings.tree_films,
                max_features=min(_SPLIT_FEATURES, features.shape[1]),
                random_state=seed + number,
            ).fit(read, labels[:, target].astype(np.int8))
            self._nodes.append(_arrays(model, labels[:, target]))

    def scores(self, features: Features) -> np.ndarray:
        """Return the log odds of the genres' shares in each film's leaf; see `Estimator.scores`."""
        rows = features.shape[0]
        shares = [nodes["share"][_leaves(nodes, features)] for nodes in self._nodes]
        odds = log_odds(np.concatenate(shares, axis=1), _LEAST)
        return odds.astype(np.float32).reshape(rows, -1)

    def state(self) -> dict[str, np.ndarray]:
        """Return the learnt arrays; see `Estimator.state`."""
        return {
            f"{number:04d}.{name}": array
            for number, nodes in enumerate(self._nodes)
            for name, array in nodes.items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Load the arrays of `state`."""
        nodes: dict[int, dict[str, np.ndarray]] = {}
        for key, array in state.items():
            number, name = key.split(".", 1)
            nodes.setdefault(int(number), {})[name] = array
        self._nodes = [nodes[number] for number in sorted(nodes)]


def _arrays(model: Any, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of a tree: children (-1 in a leaf), feature, threshold, genre shares."""
    tree = model.tree_
    values = np.asarray(tree.value)  # (nodes, outputs, classes), shares of the classes
    share = np.zeros(values.shape[:2], np.float32)
    classes = [model.classes_] if labels.shape[1] == 1 else model.classes_
    for output, known in enumerate(classes):
        numbers = [int(c) for c in known]
        if 1 in numbers:
            place = numbers.index(1)
            share[:, output] = values[:, output, place] / values[:, output, : len(numbers)].sum(1)
    return {
        "left": np.asarray(tree.children_left, np.int32),
        "right": np.asarray(tree.children_right, np.int32),
        "feature": np.asarray(tree.feature, np.int32),
        "threshold": np.asarray(tree.threshold, np.float64),
        "share": share,
    }


def _leaves(nodes: Mapping[str, np.ndarray], features: Features) -> np.ndarray:
    """Return the leaf of each row, int64 (n_films,)."""
    place = np.zeros(features.shape[0], np.int64)
    while True:
        inner = np.flatnonzero(nodes["left"][place] >= 0)
        if not len(inner):
            return place
        at = place[inner]
        cells = features[inner, nodes["feature"][at]]
        value = np.asarray(cells, np.float32).ravel()
        goes_left = value <= nodes["threshold"][at]
        place[inner] = np.where(goes_left, nodes["left"][at], nodes["right"][at])
