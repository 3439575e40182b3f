"""The hybrid: factors, neighbours, vectors and micro-genres, weighed by what users then watched.

Every film gets signals for a profile. What each is worth is learnt on an inner, later slice of the
training: by users' lists for films with ratings, by a logistic regression for films without any.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History, history
from pipeline.recommend.data.matrices import row_of_each
from pipeline.recommend.models.als_nmf import ALS
from pipeline.recommend.models.base import HIGHEST, LOWEST, Arrays, Recommender
from pipeline.recommend.models.baselines import Bias, Content
from pipeline.recommend.models.biased_mf import SVD
from pipeline.recommend.models.ease import EASE
from pipeline.recommend.models.hybrid_signals import FROM_MEMBERS, OF_COLD, SIGNALS, Signals
from pipeline.recommend.models.item_knn import ItemKNN
from pipeline.recommend.models.listwise_loss import constant_of, listwise_weights
from pipeline.recommend.models.validation_sets import Questions, questions
from pipeline.settings import RecommendSettings

__all__ = ["Hybrid"]

_MEMBERS = (Bias, Content, ItemKNN, SVD, ALS, EASE)
_STARS = ("bias", "content", "item-knn", "svd", "als")
_COLD_MOST = 6.0  # spreads
_USERS = 2_000  # users of the inner slice that the weights are learnt from


class Hybrid(Recommender):
    """Serves any profile, also an empty one, and any film, also one that nobody has rated."""

    name = "hybrid"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.members: dict[str, Recommender] = {m.name: m(settings) for m in _MEMBERS}
        self.signals = Signals(settings)
        self.warm = np.zeros(len(SIGNALS) + 1, np.float32)  # weights and the constant
        self.cold = self.warm.copy()
        self.blend = np.full(len(_STARS), 1 / len(_STARS), np.float32)

    def fit(self, known: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`: the inner slice is the last share of `known`, by time."""
        border = int(np.quantile(known.rated_at, 1 - self.settings.validation_share))
        before, after = (
            _kept(known, films, keep)
            for keep in (known.rated_at < border, known.rated_at >= border)
        )
        if before[0].matrix.nnz and after[0].matrix.nnz:
            self._fit_members(before[0], films, seed)
            asked = questions(before[0], after[1], films, self.settings.liked, _USERS, seed)
            if len(asked.users):
                self._weigh(asked, seed)
        self._fit_members(known, films, seed)

    def _fit_members(self, known: History, films: Films, seed: int) -> None:
        for member in self.members.values():
            member.fit(known, films, seed)
        self.signals.fit(known, films)

    def _weigh(self, asked: Questions, seed: int) -> None:
        from sklearn.linear_model import Ridge

        draw = np.random.default_rng(seed)
        lists: dict[bool, list[tuple[np.ndarray, np.ndarray]]] = {True: [], False: []}
        told, true = [], []
        for at in range(len(asked.users)):
            own = asked.of(np.array([at]))
            signals = self._signals(own.given)[0]
            liked = own.liked.indices
            others = np.ones(signals.shape[0], bool)
            others[np.r_[own.given.indices, own.rated.indices]] = False
            free = np.flatnonzero(others)
            for cold in (True, False):
                kind = asked.cold == cold
                few = free[kind[free]]
                few = draw.permutation(few)[: self.settings.sampled]
                lists[cold].append((signals[liked[kind[liked]]], signals[few]))
            told.append(self._stars(own.given)[:, 0, own.rated.indices].T)
            true.append(own.rated.data)
        self._weigh_cold(lists[True])
        self._weigh_warm(lists[False])
        ridge = Ridge(alpha=10.0, fit_intercept=False, positive=True)
        stars = np.vstack(told)
        if len(stars) > 200:
            ridge.fit(stars, np.concatenate(true))
            self.blend = np.asarray(ridge.coef_, np.float32)

    def _weigh_cold(self, lists: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """Each film by itself: few users like a film that nobody has rated."""
        from sklearn.linear_model import LogisticRegression

        rows = _tamed(np.vstack([part for both in lists for part in both]))
        label = np.concatenate([np.repeat((1, 0), (len(a), len(b))) for a, b in lists])
        if 0 < label.sum() < len(label):
            use = [SIGNALS.index(name) for name in OF_COLD]
            model = LogisticRegression(C=0.1, max_iter=500).fit(rows[:, use], label)
            self.cold = np.zeros(len(SIGNALS) + 1, np.float32)
            self.cold[use], self.cold[-1] = model.coef_[0], model.intercept_[0]

    def _weigh_warm(self, lists: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """By users' lists; the constant makes log-odds of them, as those of cold films are."""
        some = [(a.astype(float), b.astype(float)) for a, b in lists if len(a) and len(b)]
        if some:
            weights = listwise_weights(some, self.settings.hybrid_penalty)
            liked = sum(len(a) for a, _ in some)
            scores = np.concatenate([part @ weights for both in some for part in both])
            constant = constant_of(scores, liked / len(scores))
            self.warm = np.append(weights, constant).astype(np.float32)

    def _signals(self, profiles: sparse.csr_matrix) -> np.ndarray:
        scores = {n: self.members[n].scores(profiles) for n in FROM_MEMBERS}
        return self.signals.of(profiles, scores)

    def _stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        return np.stack([self.members[name].stars(profiles) for name in _STARS])

    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.scores`: log-odds that the film is watched next and liked."""
        signals = self._signals(profiles)
        told = np.asarray(signals @ self.warm[:-1] + self.warm[-1], np.float32)
        cold = self.signals.cold
        told[:, cold] = _tamed(signals[:, cold]) @ self.cold[:-1] + self.cold[-1]
        return told

    def stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.stars`: a weighted mean of the members' stars."""
        told = np.tensordot(self.blend, self._stars(profiles), 1)
        return np.asarray(np.clip(told, LOWEST, HIGHEST), np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """See `Recommender.state`."""
        arrays = {"warm": self.warm, "cold": self.cold, "blend": self.blend}
        parts: dict[str, Recommender | Signals] = {**self.members, "signals": self.signals}
        for name, part in parts.items():
            arrays |= {f"{name}/{key}": value for key, value in part.state().items()}
        return arrays

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.warm, self.cold, self.blend = (arrays[name] for name in ("warm", "cold", "blend"))
        parts: dict[str, Recommender | Signals] = {**self.members, "signals": self.signals}
        for name, part in parts.items():
            own = {
                key.removeprefix(f"{name}/"): value
                for key, value in arrays.items()
                if key.startswith(f"{name}/")
            }
            part.restore(own, films)


def _tamed(signals: np.ndarray) -> np.ndarray:
    """Signals of films that nobody has rated: the few that stand far out say less of these."""
    return np.asarray(np.clip(signals, -_COLD_MOST, _COLD_MOST), np.float32)


def _kept(known: History, films: Films, keep: np.ndarray) -> tuple[History, pa.Table]:
    """Part of a history, as a history and as a table of ratings."""
    rows = row_of_each(known.matrix)
    table = pa.table(
        {
            "user_id": known.users[rows[keep]],
            "film_id": films.ids[known.matrix.indices[keep]],
            "rating": known.matrix.data[keep],
            "timestamp": known.rated_at[keep],
        }
    )
    return history(table, films), table
