"""The transformation: an ensemble of classifier chains with linear SVMs.

Read et al. 2011, "Classifier chains for multi-label classification". Each chain has a random order
of the genres. Each link of a chain reads the features and the genres earlier in that order: true
genres during training, its own predictions afterwards. Decision scores are averaged over chains.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from pipeline.genres.models.linear import fit_svm
from pipeline.genres.models.vectorizers import Features
from pipeline.settings import GenreSettings

__all__ = ["Chains"]

_WEIGHT = 0.2  # of an earlier genre, beside features of length about 1: a hint that cannot dominate
_SHARE = 0.75  # share of the films that each chain learns from


class Chains:
    """An ensemble of classifier chains, see the module; an `Estimator`."""

    def __init__(self, settings: GenreSettings) -> None:
        self.settings = settings
        self._weights = np.zeros((0, 0), np.float32)  # (features, chains * genres)
        self._bias = np.zeros((0, 0), np.float32)  # (chains, genres)
        self._links = np.zeros((0, 0, 0), np.float32)  # (chains, genres, earlier genres)
        self._order = np.zeros((0, 0), np.int64)  # (chains, genres)

    def fit(self, features: Features, labels: np.ndarray, seed: int) -> None:
        """Train every link of every chain; see `Estimator.fit`."""
        films, genres = labels.shape
        chains = self.settings.chains
        weights = np.zeros((chains, genres, features.shape[1]), np.float32)
        self._bias = np.zeros((chains, genres), np.float32)
        self._links = np.zeros((chains, genres, genres), np.float32)
        self._order = np.zeros((chains, genres), np.int64)
        for chain in range(chains):
            rng = np.random.default_rng([seed, chain])
            self._order[chain] = rng.permutation(genres)
            sample = np.sort(rng.permutation(films)[: max(2, round(_SHARE * films))])
            sample = sample if chains > 1 else np.arange(films)
            own, truth = features[sample], labels[sample]
            for place, genre in enumerate(self._order[chain]):
                earlier = self._order[chain][:place]
                inputs = _append_genres(own, truth[:, earlier])
                link, bias = fit_svm(
                    inputs, truth[:, genre], self.settings.svm_penalty, seed + chain
                )
                weights[chain, genre] = link[: features.shape[1]]
                self._links[chain, genre, earlier] = link[features.shape[1] :] * _WEIGHT
                self._bias[chain, genre] = bias
        self._weights = np.ascontiguousarray(weights.reshape(chains * genres, -1).T)

    def scores(self, features: Features) -> np.ndarray:
        """Return the mean decision score over chains; see `Estimator.scores`."""
        chains, genres = self._bias.shape
        base = np.asarray(features @ self._weights, np.float32).reshape(-1, chains, genres)
        base = base + self._bias
        every = np.arange(chains)
        has = np.zeros(base.shape, np.float32)
        for genre in self._order.T:  # the genre of each chain at this place in its order
            base[:, every, genre] += np.einsum("ncg,cg->nc", has, self._links[every, genre])
            has[:, every, genre] = base[:, every, genre] > 0
        return np.asarray(base.mean(1), np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return the learnt arrays; see `Estimator.state`."""
        return {
            "weights": self._weights,
            "bias": self._bias,
            "links": self._links,
            "order": self._order,
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Load the arrays of `state`."""
        self._weights, self._bias = state["weights"], state["bias"]
        self._links, self._order = state["links"], state["order"]


def _append_genres(features: Features, genres: np.ndarray) -> Features:
    """Append weighted genres (n_films, n_earlier) to the features, as columns."""
    weighted = genres.astype(np.float32) * _WEIGHT
    if sparse.issparse(features):
        return sparse.hstack([features, sparse.csr_matrix(weighted)]).tocsr()
    return np.hstack([features, weighted])
