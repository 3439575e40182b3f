"""The hybrid: factors, neighbours, vectors and micro-genres, weighed by what users then watched.

Every film gets signals for a profile; a logistic regression on an inner, later slice of the
training learns what each is worth, once for films with ratings and once for films without any.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.recommend.contract import HIGHEST, LOWEST, Arrays, Recommender
from pipeline.recommend.factors import ALS
from pipeline.recommend.films import Films
from pipeline.recommend.history import History, history
from pipeline.recommend.knn import ItemKNN
from pipeline.recommend.matrices import row_of_each
from pipeline.recommend.questions import Questions, questions
from pipeline.recommend.signals import FROM_MEMBERS, OF_COLD, SIGNALS, Signals
from pipeline.recommend.simple import Bias, Content
from pipeline.recommend.svd import SVD
from pipeline.settings import RecommendSettings

__all__ = ["Hybrid"]

_MEMBERS = (Bias, Content, ItemKNN, SVD, ALS)
_STARS = ("bias", "content", "item-knn", "svd", "als")
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
        from sklearn.linear_model import LogisticRegression, Ridge

        draw = np.random.default_rng(seed)
        rows: dict[bool, list[np.ndarray]] = {True: [], False: []}
        labels: dict[bool, list[np.ndarray]] = {True: [], False: []}
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
                chosen = np.r_[liked[kind[liked]], few]
                rows[cold].append(signals[chosen])
                labels[cold].append(np.r_[np.ones(len(chosen) - len(few)), np.zeros(len(few))])
            told.append(self._stars(own.given)[:, 0, own.rated.indices].T)
            true.append(own.rated.data)
        for cold in (True, False):
            label = np.concatenate(labels[cold])
            if 0 < label.sum() < len(label):
                use = [SIGNALS.index(name) for name in (OF_COLD if cold else SIGNALS)]
                model = LogisticRegression(C=0.1, max_iter=500)
                model.fit(np.vstack(rows[cold])[:, use], label)
                weights = np.zeros(len(SIGNALS) + 1, np.float32)
                weights[use], weights[-1] = model.coef_[0], model.intercept_[0]
                if cold:
                    self.cold = weights
                else:
                    self.warm = weights
        ridge = Ridge(alpha=10.0, fit_intercept=False, positive=True)
        stars = np.vstack(told)
        if len(stars) > 200:
            ridge.fit(stars, np.concatenate(true))
            self.blend = np.asarray(ridge.coef_, np.float32)

    def _signals(self, profiles: sparse.csr_matrix) -> np.ndarray:
        scores = {n: self.members[n].scores(profiles) for n in FROM_MEMBERS}
        return self.signals.of(profiles, scores)

    def _stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        return np.stack([self.members[name].stars(profiles) for name in _STARS])

    def scores(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.scores`: log-odds that the film is watched next and liked."""
        signals = self._signals(profiles)
        warm = signals @ self.warm[:-1] + self.warm[-1]
        cold = signals @ self.cold[:-1] + self.cold[-1]
        told = np.where(self.signals.cold[None, :], cold, warm)
        return np.asarray(told, np.float32)

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
