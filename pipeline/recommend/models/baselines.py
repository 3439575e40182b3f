"""The baselines: biases with popularity, and films with content similar to the profile."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import normalise_rows, replace_values, row_indices
from pipeline.recommend.models.base import HIGHEST, LOWEST, Arrays, RatingBiases, Recommender
from pipeline.settings import RecommendSettings

__all__ = ["Bias", "Content", "centre_known", "content_vectors", "taste_weights"]


_MANY = 5  # users who rated a film high


class Bias(Recommender):
    """Predict stars from biases, and list the films that most users liked."""

    name = "bias"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.biases = RatingBiases(settings.damping)
        self.popular = np.zeros(0, np.float32)

    def fit(self, history: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        self.biases.fit(history.matrix)
        liked = history.matrix.indices[history.matrix.data >= self.settings.liked]
        counts = np.bincount(liked, minlength=len(films))
        self.popular = (np.log1p(counts) + self.biases.film * 1e-3).astype(np.float32)

    def score(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.score`."""
        return np.tile(self.popular, (profiles.shape[0], 1))

    def liked_by_many(self) -> np.ndarray:
        """See `Recommender.liked_by_many`."""
        return np.asarray(self.popular >= np.log1p(_MANY - 0.5), bool)

    def predict_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.predict_stars`."""
        stars = np.clip(self.biases.predict_stars(profiles), LOWEST, HIGHEST)
        return np.asarray(stars, np.float32)

    def export_state(self) -> dict[str, np.ndarray]:
        """See `Recommender.export_state`."""
        return {**self.biases.export_state(), "popular": self.popular}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.biases.restore(arrays)
        self.popular = arrays["popular"]


def centre_known(block: np.ndarray) -> np.ndarray | None:
    """Return rows of unit length around the mean of the known rows; None if no row is known.

    Parameters
    ----------
    block : ndarray of shape (n_films, dim), float32
        Embeddings or tag genome; a row of zeros is unknown and stays so.
    """
    known = np.abs(block).sum(1) > 0
    if block.shape[1] < 2 or not known.any():
        return None
    centred = np.where(known[:, None], block - block[known].mean(0), 0)
    return np.asarray(normalise_rows(centred), np.float32)


def content_vectors(films: Films) -> np.ndarray:
    """Return vectors of what films are about, from their embeddings and tag genome.

    Parameters
    ----------
    films : Films
        If none has an embedding or a tag genome, the genres are used.

    Returns
    -------
    ndarray of shape (n_films, dim), float32
        Rows of unit length; 0 for a film without embedding and tag genome.
    """
    centred = (centre_known(block) for block in (films.vectors, films.genome))
    parts = [part for part in centred if part is not None]
    if not parts:
        return np.asarray(normalise_rows(films.genres), np.float32)
    return np.asarray(normalise_rows(np.hstack(parts)), np.float32)


def taste_weights(profiles: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return weights of the films of each profile; a film below two stars has a negative weight.

    Parameters
    ----------
    profiles : csr_matrix of shape (n_profiles, n_films), float32
        Stars, 0.5 to 5.

    Returns
    -------
    csr_matrix of shape (n_profiles, n_films), float32
        The absolute weights of a row sum to 1.

    Examples
    --------
    >>> taste_weights(sparse.csr_matrix([[5.0, 0.0, 3.5, 0.5]])).data.tolist()
    [0.5, 0.25, -0.25]
    """
    weight = (profiles.data - 2.0) / 3.0
    total = np.add.reduceat(
        np.abs(np.r_[weight, 0.0]), np.minimum(profiles.indptr[:-1], len(weight))
    )
    total = np.where(np.diff(profiles.indptr) > 0, total, 1.0)
    data = weight / np.maximum(total[row_indices(profiles)], 1e-6)
    return replace_values(profiles, data.astype(np.float32))


_SLOPE_USERS = 1_000  # users that the slope is fitted on


class Content(Recommender):
    """Films with content similar to the highly rated films, and unlike those rated low."""

    name = "content"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.biases = RatingBiases(settings.damping)
        self.space = np.zeros((0, 1), np.float32)
        self.slope = np.zeros(1, np.float32)

    def fit(self, history: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`; the slope of stars over similarity is fitted by least squares."""
        self.biases.fit(history.matrix)
        self.space = content_vectors(films)
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.permutation(history.matrix.shape[0])[:_SLOPE_USERS])
        sample = history.matrix[rows]
        residuals = self.biases.subtract(sample, self.biases.estimate_user_biases(sample))
        taste = residuals @ self.space
        at = row_indices(sample)
        vectors = self.space[sample.indices]
        # the taste without the rating itself, so that no film predicts its own rating
        count = np.diff(sample.indptr)[at]
        others = taste[at] - residuals.data[:, None] * vectors
        others = others / np.sqrt(np.maximum(count, 1))[:, None]
        similarity = (others * vectors).sum(1)
        self.slope = np.array(
            [(similarity @ residuals.data) / max(float(similarity @ similarity), 1e-9)], np.float32
        )

    def score(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.score`."""
        return np.asarray((taste_weights(profiles) @ self.space) @ self.space.T, np.float32)

    def predict_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.predict_stars`."""
        residuals = self.biases.subtract(profiles, self.biases.estimate_user_biases(profiles))
        count = np.maximum(np.diff(profiles.indptr), 1)
        taste = (residuals @ self.space) / np.sqrt(count)[:, None]
        taste = taste.astype(np.float32)  # as float64, the product would copy the whole space
        change = self.slope[0] * (taste @ self.space.T)
        stars = np.clip(self.biases.predict_stars(profiles) + change, LOWEST, HIGHEST)
        return np.asarray(stars, np.float32)

    def export_state(self) -> dict[str, np.ndarray]:
        """See `Recommender.export_state`; the space is computed again from the films."""
        return {**self.biases.export_state(), "slope": self.slope}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.biases.restore(arrays)
        self.slope, self.space = arrays["slope"], content_vectors(films)
