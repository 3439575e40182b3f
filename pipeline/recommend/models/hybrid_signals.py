"""What may speak for a film: likeness, a shared micro-genre, genres, how many watch it lately.

Each signal is brought to one scale, that of the films' spread for the profile, so that a weight
means the same for who has rated ten films and for who has rated a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History
from pipeline.recommend.data.matrices import row_of_each, standardised, unit_rows
from pipeline.recommend.models.base import Arrays
from pipeline.recommend.models.baselines import tastes
from pipeline.settings import RecommendSettings

__all__ = ["FROM_MEMBERS", "OF_COLD", "SIGNALS", "Signals"]

FROM_MEMBERS = ("als", "item-knn", "content", "ease")
SIGNALS = (
    *FROM_MEMBERS,
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
# Those that can tell films apart of which there is no rating.
OF_COLD = (
    "content",
    "micro-genre",
    "genres",
    "age",
    "micro-genre watched",
    "linked",
    "content x age",
)
_DAY = 86_400
_MOST = 12  # spreads: likeness of the best films stands far out, and lists are made of these


class Signals:
    """The signals of all films for profiles."""

    def __init__(self, settings: RecommendSettings) -> None:
        self.settings = settings
        self.fixed: np.ndarray = np.zeros((0, 6), np.float32)
        self.cold = np.zeros(0, bool)
        self.genres: np.ndarray = np.zeros((0, 0), np.float32)
        self.cluster = np.zeros(0, np.int64)
        self.year = np.zeros(0, np.float32)

    def fit(self, known: History, films: Films) -> None:
        """Learn what does not depend on a profile."""
        counts = known.counts
        recent = known.rated_at >= known.now - self.settings.recent_days * _DAY
        lately = np.bincount(known.matrix.indices[recent], minlength=len(films))
        liked = known.matrix.data >= self.settings.liked
        good = np.bincount(known.matrix.indices[liked], minlength=len(films))
        share = (good + 3.0) / (counts + 6.0)
        year = 1970 + known.now / (365.25 * _DAY)
        age = np.where(films.year > 0, np.clip(year - films.year, -5, 60), 20)
        clusters = int(films.cluster.max(initial=-1)) + 1
        inside = np.bincount(films.cluster[films.linked], counts[films.linked], clusters)
        size = np.bincount(films.cluster[films.linked], minlength=clusters)
        mean = np.r_[inside / np.maximum(size, 1), 0.0]  # the last is of films without one
        columns = (
            np.log1p(counts),
            np.log1p(lately),
            share,
            -np.log1p(np.maximum(age, 0)),
            np.log1p(mean[films.cluster]),
            films.linked.astype(float),
        )
        self.fixed = _scaled(np.column_stack(columns).T).T
        self.cold = counts == 0
        self._films(films)

    def _films(self, films: Films) -> None:
        self.genres = np.asarray(unit_rows(films.genres), np.float32)
        self.cluster = films.cluster
        self.year = np.where(films.year > 0, films.year, 1995).astype(np.float32)

    def of(self, profiles: sparse.csr_matrix, scores: Mapping[str, np.ndarray]) -> np.ndarray:
        """All signals, float32 (profiles, films, len(SIGNALS)).

        Parameters
        ----------
        scores : of the members in FROM_MEMBERS.
        """
        taste = tastes(profiles)
        told = [_scaled(scores[name]) for name in FROM_MEMBERS]
        told.append(_scaled(self._shared(taste)))
        told.append(_scaled((taste @ self.genres) @ self.genres.T))
        fixed = [np.broadcast_to(c, told[0].shape) for c in self.fixed.T]
        there = np.diff(profiles.indptr) > 0
        count = np.maximum(np.diff(profiles.indptr), 1)
        mean = (abs(profiles.sign()) @ self.year) / count
        apart = -np.abs(self.year[None, :] - np.where(there, mean, 2000)[:, None]) / 20
        both = told[1] * fixed[0], told[2] * fixed[3]
        watched, lately, liked, age, group, linked = fixed
        columns = [*told, watched, lately, liked, age, group, linked, apart * there[:, None], *both]
        return np.stack(columns, axis=2).astype(np.float32)

    def _shared(self, taste: sparse.csr_matrix) -> np.ndarray:
        count = int(self.cluster.max(initial=-1)) + 2  # the last is of films without one
        place = np.where(self.cluster >= 0, self.cluster, count - 1)
        rows = row_of_each(taste)
        flat = np.bincount(rows * count + place[taste.indices], taste.data, taste.shape[0] * count)
        by_group = flat.reshape(taste.shape[0], count)
        by_group[:, -1] = 0
        return by_group[:, place]

    def state(self) -> dict[str, np.ndarray]:
        """What was learnt."""
        return {"fixed": self.fixed, "cold_films": self.cold.astype(np.uint8)}

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.fixed, self.cold = arrays["fixed"], arrays["cold_films"].astype(bool)
        self._films(films)


def _scaled(values: np.ndarray) -> np.ndarray:
    return standardised(values, _MOST)
