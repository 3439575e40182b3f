"""The transformation: an ensemble of classifier chains with linear SVMs.

Read et al. 2011, "Classifier chains for multi-label classification". Each chain has the genres in
an order of its own; a link reads the features and the genres before it, true ones when it learns,
its own answers when it predicts. The decision scores of the chains are averaged.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from pipeline.genres.models.linear import fit_svm
from pipeline.genres.models.vectorizers import Features
from pipeline.settings import GenreSettings

__all__ = ["Chains"]

_WEIGHT = 0.2  # of a genre before it, beside features of length about 1: a link is told, not led
_SHARE = 0.75  # of the films that each chain learns from


class Chains:
    """See the module; what is learnt is one matrix for features and one for earlier genres."""

    def __init__(self, settings: GenreSettings) -> None:
        self.settings = settings
        self._weights = np.zeros((0, 0), np.float32)  # (features, chains * genres)
        self._bias = np.zeros((0, 0), np.float32)  # (chains, genres)
        self._links = np.zeros((0, 0, 0), np.float32)  # (chains, genres, earlier genres)
        self._order = np.zeros((0, 0), np.int64)  # (chains, genres)

    def fit(self, features: Features, labels: np.ndarray, seed: int) -> None:
        films, genres = labels.shape
        chains = self.settings.chains
        weights = np.zeros((chains, genres, features.shape[1]), np.float32)
        self._bias = np.zeros((chains, genres), np.float32)
        self._links = np.zeros((chains, genres, genres), np.float32)
        self._order = np.zeros((chains, genres), np.int64)
        for chain in range(chains):
            chance = np.random.default_rng([seed, chain])
            self._order[chain] = chance.permutation(genres)
            taken = np.sort(chance.permutation(films)[: max(2, round(_SHARE * films))])
            taken = taken if chains > 1 else np.arange(films)
            own, truth = features[taken], labels[taken]
            for place, genre in enumerate(self._order[chain]):
                before = self._order[chain][:place]
                told = _beside(own, truth[:, before])
                found, bias = fit_svm(
                    told, truth[:, genre], self.settings.svm_penalty, seed + chain
                )
                weights[chain, genre] = found[: features.shape[1]]
                self._links[chain, genre, before] = found[features.shape[1] :] * _WEIGHT
                self._bias[chain, genre] = bias
        self._weights = np.ascontiguousarray(weights.reshape(chains * genres, -1).T)

    def scores(self, features: Features) -> np.ndarray:
        chains, genres = self._bias.shape
        base = np.asarray(features @ self._weights, np.float32).reshape(-1, chains, genres)
        base = base + self._bias
        every = np.arange(chains)
        has = np.zeros(base.shape, np.float32)
        for genre in self._order.T:  # of each chain, the one whose turn it is
            base[:, every, genre] += np.einsum("ncg,cg->nc", has, self._links[every, genre])
            has[:, every, genre] = base[:, every, genre] > 0
        return np.asarray(base.mean(1), np.float32)

    def state(self) -> dict[str, np.ndarray]:
        return {
            "weights": self._weights,
            "bias": self._bias,
            "links": self._links,
            "order": self._order,
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._weights, self._bias = state["weights"], state["bias"]
        self._links, self._order = state["links"], state["order"]


def _beside(features: Features, genres: np.ndarray) -> Features:
    told = genres.astype(np.float32) * _WEIGHT
    if sparse.issparse(features):
        return sparse.hstack([features, sparse.csr_matrix(told)]).tocsr()
    return np.hstack([features, told])
