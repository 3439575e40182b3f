"""The models that others must beat: biases alone, and films like those rated by their vectors."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import row_of_each, unit_rows, with_values
from pipeline.recommend.models.base import HIGHEST, LOWEST, Arrays, Recommender, Signs
from pipeline.settings import RecommendSettings

__all__ = ["Bias", "Content", "film_space", "tastes"]


class Bias(Recommender):
    """Mean and biases for ratings; the films that most have rated for lists."""

    name = "bias"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.signs = Signs(settings.damping)
        self.popular = np.zeros(0, np.float32)

    def fit(self, known: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`."""
        self.signs.fit(known.matrix)
        liked = known.matrix.indices[known.matrix.data >= self.settings.liked]
        counts = np.bincount(liked, minlength=len(films))
        self.popular = (np.log1p(counts) + self.signs.film * 1e-3).astype(np.float32)

    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.scores`."""
        return np.tile(self.popular, (profiles.shape[0], 1))

    def stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.stars`."""
        return np.asarray(np.clip(self.signs.stars(profiles), LOWEST, HIGHEST), np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """See `Recommender.state`."""
        return {**self.signs.state(), "popular": self.popular}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.signs.restore(arrays)
        self.popular = arrays["popular"]


def film_space(films: Films) -> np.ndarray:
    """Films by what they are about, float32 (films, dim) of unit length or 0: text and genome."""
    parts = []
    for block in (films.vectors, films.genome):
        known = np.abs(block).sum(1) > 0
        if block.shape[1] < 2 or not known.any():
            continue
        centred = np.where(known[:, None], block - block[known].mean(0), 0)
        parts.append(unit_rows(centred))
    if not parts:
        return np.asarray(unit_rows(films.genres), np.float32)
    return np.asarray(unit_rows(np.hstack(parts)), np.float32)


def tastes(profiles: sparse.csr_matrix) -> sparse.csr_matrix:
    """Profiles as weights, each row's absolute sum 1: a film rated below 2 counts against."""
    weight = (profiles.data - 2.0) / 3.0
    total = np.add.reduceat(
        np.abs(np.r_[weight, 0.0]), np.minimum(profiles.indptr[:-1], len(weight))
    )
    total = np.where(np.diff(profiles.indptr) > 0, total, 1.0)
    data = weight / np.maximum(total[row_of_each(profiles)], 1e-6)
    return with_values(profiles, data.astype(np.float32))


class Content(Recommender):
    """Films whose text is like that of the films rated high, and unlike those rated low."""

    name = "content"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.signs = Signs(settings.damping)
        self.space = np.zeros((0, 1), np.float32)
        self.slope = np.zeros(1, np.float32)

    def fit(self, known: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`; the slope of ratings over likeness is learnt by least squares."""
        self.signs.fit(known.matrix)
        self.space = film_space(films)
        draw = np.random.default_rng(seed)
        rows = np.sort(draw.permutation(known.matrix.shape[0])[:1_000])
        own = known.matrix[rows]
        left = self.signs.residuals(own, self.signs.users(own))
        taste = left @ self.space
        at = row_of_each(own)
        mine = self.space[own.indices]
        # of each rating its own part is taken out, so that a film is not told by itself
        count = np.diff(own.indptr)[at]
        others = (taste[at] - left.data[:, None] * mine) / np.sqrt(np.maximum(count, 1))[:, None]
        likeness = (others * mine).sum(1)
        self.slope = np.array(
            [(likeness @ left.data) / max(float(likeness @ likeness), 1e-9)], np.float32
        )

    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.scores`."""
        return np.asarray((tastes(profiles) @ self.space) @ self.space.T, np.float32)

    def stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.stars`."""
        left = self.signs.residuals(profiles, self.signs.users(profiles))
        taste = (left @ self.space) / np.sqrt(np.maximum(np.diff(profiles.indptr), 1))[:, None]
        taste = taste.astype(np.float32)  # else the whole space would be copied as float64
        moved = self.slope[0] * (taste @ self.space.T)
        told = np.clip(self.signs.stars(profiles) + moved, LOWEST, HIGHEST)
        return np.asarray(told, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """See `Recommender.state`; the space is made of the films again."""
        return {**self.signs.state(), "slope": self.slope}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.signs.restore(arrays)
        self.slope, self.space = arrays["slope"], film_space(films)
