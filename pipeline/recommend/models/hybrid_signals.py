"""The signals of the hybrid: similarity, shared micro-genre and genres, popularity, age.

Each signal is standardised over the films of a profile. So a weight means the same for a user with
ten ratings and for a user with a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import normalise_rows, row_indices, standardise
from pipeline.recommend.models.base import Arrays
from pipeline.recommend.models.baselines import taste_weights
from pipeline.settings import RecommendSettings

__all__ = ["COLD_SIGNALS", "MEMBER_SIGNALS", "SIGNALS", "Signals"]

MEMBER_SIGNALS = ("als", "item-knn", "content", "ease")  # scores of these models
SIGNALS = (
    *MEMBER_SIGNALS,
    "micro-genre",
    "genres",
    "watched",
    "watched lately",
    "liked",
    "age",
    "micro-genre watched",
    "linked",
    "years apart",
    "item-knn x watched",
    "content x age",
)
# The signals that differ between films without ratings.
COLD_SIGNALS = (
    "content",
    "micro-genre",
    "genres",
    "age",
    "micro-genre watched",
    "linked",
    "content x age",
)
_DAY = 86_400
_LIMIT = 12  # standard deviations; wide, because lists contain only the few best films
_UNKNOWN_YEAR = 1995


class Signals:
    """Computes the signals of all films for profiles.

    Parameters
    ----------
    settings : RecommendSettings
        Settings of the models.
    """

    def __init__(self, settings: RecommendSettings) -> None:
        self.settings = settings
        self.fixed: np.ndarray = np.zeros((0, 6), np.float32)
        self.cold = np.zeros(0, bool)
        self.genres: np.ndarray = np.zeros((0, 0), np.float32)
        self.cluster = np.zeros(0, np.int64)
        self.year = np.zeros(0, np.float32)

    def fit(self, history: History, films: Films) -> None:
        """Compute the signals that do not depend on a profile.

        Parameters
        ----------
        history : History
            Training ratings.
        films : Films
            Films in the column order of `history.matrix`.
        """
        counts = history.counts
        recent = history.rated_at >= history.now - self.settings.recent_days * _DAY
        lately = np.bincount(history.matrix.indices[recent], minlength=len(films))
        liked = history.matrix.data >= self.settings.liked
        good = np.bincount(history.matrix.indices[liked], minlength=len(films))
        share = (good + 3.0) / (counts + 6.0)
        year = 1970 + history.now / (365.25 * _DAY)
        age = np.where(films.year > 0, np.clip(year - films.year, -5, 60), 20)
        clusters = int(films.cluster.max(initial=-1)) + 1
        inside = np.bincount(films.cluster[films.linked], counts[films.linked], clusters)
        size = np.bincount(films.cluster[films.linked], minlength=clusters)
        mean = np.r_[inside / np.maximum(size, 1), 0.0]  # the last: films without a micro-genre
        columns = (
            np.log1p(counts),
            np.log1p(lately),
            share,
            -np.log1p(np.maximum(age, 0)),
            np.log1p(mean[films.cluster]),
            films.linked.astype(float),
        )
        self.fixed = _scale(np.column_stack(columns).T).T
        self.cold = counts == 0
        self._set_films(films)

    def _set_films(self, films: Films) -> None:
        self.genres = np.asarray(normalise_rows(films.genres), np.float32)
        self.cluster = films.cluster
        self.year = np.where(films.year > 0, films.year, _UNKNOWN_YEAR).astype(np.float32)

    def compute(self, profiles: sparse.csr_matrix, scores: Mapping[str, np.ndarray]) -> np.ndarray:
        """Compute all signals.

        Parameters
        ----------
        profiles : csr_matrix of shape (n_profiles, n_films), float32
            Stars, 0.5 to 5.
        scores : mapping of str to ndarray of shape (n_profiles, n_films), float32
            Scores of the models in MEMBER_SIGNALS.

        Returns
        -------
        ndarray of shape (n_profiles, n_films, len(SIGNALS)), float32
            Standardised over films, except for `years apart` and the products.
        """
        taste = taste_weights(profiles)
        similar = [_scale(scores[name]) for name in MEMBER_SIGNALS]
        similar.append(_scale(self._share_micro_genre(taste)))
        similar.append(_scale((taste @ self.genres) @ self.genres.T))
        fixed = [np.broadcast_to(c, similar[0].shape) for c in self.fixed.T]
        known = np.diff(profiles.indptr) > 0
        count = np.maximum(np.diff(profiles.indptr), 1)
        mean = (abs(profiles.sign()) @ self.year) / count
        apart = -np.abs(self.year[None, :] - np.where(known, mean, 2000)[:, None]) / 20
        products = similar[1] * fixed[0], similar[2] * fixed[3]
        columns = [*similar, *fixed, apart * known[:, None], *products]
        return np.stack(columns, axis=2).astype(np.float32)

    def _share_micro_genre(self, taste: sparse.csr_matrix) -> np.ndarray:
        """Return the weight of each film's micro-genre in each profile."""
        count = int(self.cluster.max(initial=-1)) + 2  # the last: films without a micro-genre
        group = np.where(self.cluster >= 0, self.cluster, count - 1)
        rows = row_indices(taste)
        flat = np.bincount(rows * count + group[taste.indices], taste.data, taste.shape[0] * count)
        by_group = flat.reshape(taste.shape[0], count)
        by_group[:, -1] = 0
        return by_group[:, group]

    def export_state(self) -> dict[str, np.ndarray]:
        """Return everything that was learnt, as arrays by name."""
        return {"fixed": self.fixed, "cold_films": self.cold.astype(np.uint8)}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """Set the state that `export_state` returned.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            From `export_state`.
        films : Films
            The films that the signals were fitted with.
        """
        self.fixed, self.cold = arrays["fixed"], arrays["cold_films"].astype(bool)
        self._set_films(films)


def _scale(values: np.ndarray) -> np.ndarray:
    return standardise(values, _LIMIT)
