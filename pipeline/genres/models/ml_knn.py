"""Genres of the nearest training films: plain KNN, and ML-KNN with its posterior probabilities."""

from __future__ import annotations

from collections.abc import Mapping

import faiss
import numpy as np
from scipy import sparse

from pipeline.errors import ModelError
from pipeline.genres.models.calibration import log_odds
from pipeline.genres.models.vectorizers import Features
from pipeline.settings import GenreSettings

__all__ = ["Knn", "MlKnn"]

_BLOCK = 1_024
_LEAST = 1e-4  # smallest probability that differs from 0
_SHARPNESS = 8.0  # how fast a neighbour's weight falls with its cosine


class _Neighbours:
    """The training films: a flat FAISS index of vectors, or the rows of a sparse matrix."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self._index: faiss.IndexFlatIP | None = None
        if not sparse.issparse(features):
            self._index = faiss.IndexFlatIP(features.shape[1])
            self._index.add(np.ascontiguousarray(features, np.float32))

    def nearest(self, features: Features, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return cosines and rows of the nearest films, (n_films, count), nearest first."""
        count = min(count, self.features.shape[0])
        if self._index is not None:
            cosines, rows = self._index.search(np.ascontiguousarray(features, np.float32), count)
            return cosines, rows
        blocks = []
        for start in range(0, features.shape[0], _BLOCK):
            near = np.asarray((features[start : start + _BLOCK] @ self.features.T).todense())
            order = np.argsort(-near, axis=1, kind="stable")[:, :count]
            blocks.append((np.take_along_axis(near, order, axis=1), order))
        if not blocks:
            return np.zeros((0, count), np.float32), np.zeros((0, count), np.int64)
        return np.concatenate([c for c, _ in blocks]), np.concatenate([r for _, r in blocks])

    def state(self) -> dict[str, np.ndarray]:
        """Return the features as arrays by name."""
        if not sparse.issparse(self.features):
            return {"vectors": np.asarray(self.features, np.float32)}
        csr = self.features.tocsr()
        shape = np.array(csr.shape, np.int64)
        return {
            "data": csr.data.astype(np.float32),
            "indices": csr.indices.astype(np.int32),
            "indptr": csr.indptr.astype(np.int64),
            "shape": shape,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, np.ndarray]) -> _Neighbours:
        """Return the training films that `state` describes."""
        if "vectors" in state:
            return cls(state["vectors"])
        parts = (state["data"], state["indices"], state["indptr"])
        return cls(sparse.csr_matrix(parts, shape=tuple(int(n) for n in state["shape"])))


class Knn:
    """Plain KNN, an `Estimator`: the share of the nearest films that have a genre.

    A nearer film has a greater weight.
    """

    def __init__(self, settings: GenreSettings) -> None:
        self.settings = settings
        self._films: _Neighbours | None = None
        self._labels = np.zeros((0, 0), bool)

    def fit(self, features: Features, labels: np.ndarray, seed: int) -> None:
        """Store the training films; see `Estimator.fit`."""
        self._films, self._labels = _Neighbours(features), np.asarray(labels, bool)

    def scores(self, features: Features) -> np.ndarray:
        """Return the log odds of the weighted shares; see `Estimator.scores`."""
        cosines, rows = _fitted(self._films).nearest(features, self.settings.neighbours)
        weight = np.exp(_SHARPNESS * (cosines - cosines.max(1, keepdims=True, initial=-1.0)))
        weight /= weight.sum(1, keepdims=True)
        share = np.einsum("nk,nkg->ng", weight, self._labels[rows].astype(np.float32))
        return log_odds(share, _LEAST).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return the learnt arrays; see `Estimator.state`."""
        return _fitted(self._films).state() | {"labels": self._labels}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Load the arrays of `state`."""
        self._films, self._labels = _Neighbours.from_state(state), state["labels"]


class MlKnn:
    """ML-KNN, an `Estimator` with posterior probabilities.

    Notes
    -----
    Zhang and Zhou 2007, "ML-KNN: a lazy learning approach to multi-label learning". For each genre,
    Bayes' rule gives the posterior probability from the prior and from two distributions: the
    number of the k nearest training films with the genre, for films with and without the genre.
    """

    def __init__(self, settings: GenreSettings) -> None:
        self.settings = settings
        self._films: _Neighbours | None = None
        self._labels = np.zeros((0, 0), bool)
        self._prior = np.zeros(0)  # (genres,)
        self._given = np.zeros((0, 0))  # (k + 1, genres): P(count | has it)
        self._without = np.zeros((0, 0))  # (k + 1, genres): P(count | does not have it)

    def fit(self, features: Features, labels: np.ndarray, seed: int) -> None:
        """Count the genres of the neighbours of each training film; see `Estimator.fit`.

        Raises
        ------
        ModelError
            If there are fewer than two films.
        """
        films, genres = labels.shape
        if films < 2:
            raise ModelError(f"ML-KNN needs two films or more, and got {films}")
        s = self.settings.smoothing
        self._films, self._labels = _Neighbours(features), np.asarray(labels, bool)
        count = min(self.settings.neighbours, films - 1)
        _, rows = self._films.nearest(features, count + 1)
        own = rows == np.arange(films)[:, None]
        own[~own.any(1), -1] = True  # among identical films, another one was found first
        others = rows[~own].reshape(films, count)
        counts = labels[others].sum(1)
        self._prior = (s + labels.sum(0)) / (2 * s + films)
        self._given, self._without = np.zeros((2, count + 1, genres))
        for genre in range(genres):
            has = labels[:, genre]
            for table, chosen in ((self._given, has), (self._without, ~has)):
                seen = np.bincount(counts[chosen, genre], minlength=count + 1)
                table[:, genre] = (s + seen) / (s * (count + 1) + seen.sum())

    def posterior(self, features: Features) -> np.ndarray:
        """Return the probability of each genre, given the number of neighbours that have it.

        Parameters
        ----------
        features : CSR matrix or ndarray of shape (n_films, n_features), float32

        Returns
        -------
        ndarray of shape (n_films, n_genres), float64
            0 to 1.
        """
        count = len(self._given) - 1
        _, rows = _fitted(self._films).nearest(features, count)
        counts = self._labels[rows].sum(1)
        genres = np.arange(self._labels.shape[1])
        yes = self._prior * self._given[counts, genres]
        no = (1 - self._prior) * self._without[counts, genres]
        return np.asarray(yes / (yes + no))

    def scores(self, features: Features) -> np.ndarray:
        """Return the log odds of the posterior; see `Estimator.scores`."""
        return log_odds(self.posterior(features), _LEAST).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return the learnt arrays; see `Estimator.state`."""
        return _fitted(self._films).state() | {
            "labels": self._labels,
            "prior": self._prior,
            "given": self._given,
            "without": self._without,
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Load the arrays of `state`."""
        self._films, self._labels = _Neighbours.from_state(state), state["labels"]
        self._prior, self._given = state["prior"], state["given"]
        self._without = state["without"]


def _fitted(films: _Neighbours | None) -> _Neighbours:
    if films is None:
        raise ModelError("this model has learnt nothing yet: fit it, or restore it")
    return films
