"""The hybrid: factors, neighbours, content and micro-genres, weighted by what users liked later.

Each film has signals for a profile. Their weights are fitted on the last part of the training
ratings: to the lists of users for films with ratings, by logistic regression for films without.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History, build_history
from pipeline.recommend.data.matrices import row_indices
from pipeline.recommend.models.als_nmf import ALS
from pipeline.recommend.models.base import HIGHEST, LOWEST, Arrays, Recommender
from pipeline.recommend.models.baselines import Bias, Content
from pipeline.recommend.models.biased_mf import SVD
from pipeline.recommend.models.ease import EASE
from pipeline.recommend.models.hybrid_signals import COLD_SIGNALS, MEMBER_SIGNALS, SIGNALS, Signals
from pipeline.recommend.models.item_knn import ItemKNN
from pipeline.recommend.models.listwise_loss import find_intercept, fit_listwise_weights
from pipeline.recommend.models.validation_sets import ValidationSet, build_validation_set
from pipeline.settings import RecommendSettings

__all__ = ["Hybrid"]

_MEMBERS = (Bias, Content, ItemKNN, SVD, ALS, EASE)
_STAR_MEMBERS = ("bias", "content", "item-knn", "svd", "als")
_PAIR_MEMBERS = ("item-knn", "ease")
_COLD_LIMIT = 6.0  # standard deviations
_VALIDATION_USERS = 2_000  # users that the weights are fitted on
_LEAST_RATINGS = 200  # fewer ratings do not change the weights of the stars

_Lists = list[tuple[np.ndarray, np.ndarray]]


class Hybrid(Recommender):
    """Serves any profile, even an empty one, and any film, even one without ratings."""

    name = "hybrid"

    def __init__(self, settings: RecommendSettings) -> None:
        super().__init__(settings)
        self.members: dict[str, Recommender] = {m.name: m(settings) for m in _MEMBERS}
        self.signals = Signals(settings)
        # weights of the signals and the intercept, for films with and without ratings
        self.warm = np.zeros(len(SIGNALS) + 1, np.float32)
        self.cold = self.warm.copy()
        self.blend = np.full(len(_STAR_MEMBERS), 1 / len(_STAR_MEMBERS), np.float32)

    def fit(self, history: History, films: Films, seed: int) -> None:
        """See `Recommender.fit`; the last `validation_share` of the ratings fits the weights."""
        border = int(np.quantile(history.rated_at, 1 - self.settings.validation_share))
        before, after = (
            _select(history, films, keep)
            for keep in (history.rated_at < border, history.rated_at >= border)
        )
        if before[0].matrix.nnz and after[0].matrix.nnz:
            self._fit_members(before[0], films, seed)
            validation = build_validation_set(
                before[0], after[1], films, self.settings.liked, _VALIDATION_USERS, seed
            )
            if len(validation.users):
                self._fit_weights(validation, seed)
        self._fit_members(history, films, seed)

    def _fit_members(self, history: History, films: Films, seed: int) -> None:
        for member in self.members.values():
            member.fit(history, films, seed)
        self.signals.fit(history, films)

    def _fit_weights(self, validation: ValidationSet, seed: int) -> None:
        from sklearn.linear_model import Ridge

        rng = np.random.default_rng(seed)
        lists: dict[bool, _Lists] = {True: [], False: []}
        predicted, true = [], []
        for at in range(len(validation.users)):
            user = validation.select(np.array([at]))
            signals = self._compute_signals(user.profiles)[0]
            liked = user.liked.indices
            unrated = np.ones(signals.shape[0], bool)
            unrated[np.r_[user.profiles.indices, user.rated.indices]] = False
            candidates = np.flatnonzero(unrated)
            for cold in (True, False):
                kind = validation.cold == cold
                others = candidates[kind[candidates]]
                others = rng.permutation(others)[: self.settings.sampled]
                lists[cold].append((signals[liked[kind[liked]]], signals[others]))
            predicted.append(self._predict_member_stars(user.profiles)[:, 0, user.rated.indices].T)
            true.append(user.rated.data)
        self._fit_cold_weights(lists[True])
        self._fit_warm_weights(lists[False])
        ridge = Ridge(alpha=10.0, fit_intercept=False, positive=True)
        stars = np.vstack(predicted)
        if len(stars) > _LEAST_RATINGS:
            ridge.fit(stars, np.concatenate(true))
            self.blend = np.asarray(ridge.coef_, np.float32)

    def _fit_cold_weights(self, lists: _Lists) -> None:
        """Fit to each film separately, because few users like a film without ratings."""
        from sklearn.linear_model import LogisticRegression

        rows = _clip(np.vstack([part for both in lists for part in both]))
        label = np.concatenate([np.repeat((1, 0), (len(a), len(b))) for a, b in lists])
        if 0 < label.sum() < len(label):
            use = [SIGNALS.index(name) for name in COLD_SIGNALS]
            model = LogisticRegression(C=0.1, max_iter=500).fit(rows[:, use], label)
            self.cold = np.zeros(len(SIGNALS) + 1, np.float32)
            self.cold[use], self.cold[-1] = model.coef_[0], model.intercept_[0]

    def _fit_warm_weights(self, lists: _Lists) -> None:
        """Fit to the lists of users; the intercept makes the scores log-odds like the cold ones."""
        both_kinds = [(a.astype(float), b.astype(float)) for a, b in lists if len(a) and len(b)]
        if both_kinds:
            weights = fit_listwise_weights(both_kinds, self.settings.hybrid_penalty)
            liked = sum(len(a) for a, _ in both_kinds)
            scores = np.concatenate([part @ weights for both in both_kinds for part in both])
            intercept = find_intercept(scores, liked / len(scores))
            self.warm = np.append(weights, intercept).astype(np.float32)

    def _compute_signals(self, profiles: sparse.csr_matrix) -> np.ndarray:
        scores = {name: self.members[name].score(profiles) for name in MEMBER_SIGNALS}
        return self.signals.compute(profiles, scores)

    def _predict_member_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        return np.stack([self.members[name].predict_stars(profiles) for name in _STAR_MEMBERS])

    def score(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.score`; log-odds that the film is watched next and liked."""
        signals = self._compute_signals(profiles)
        scores = np.asarray(signals @ self.warm[:-1] + self.warm[-1], np.float32)
        cold = self.signals.cold
        scores[:, cold] = _clip(signals[:, cold]) @ self.cold[:-1] + self.cold[-1]
        return scores

    def predict_stars(self, profiles: sparse.csr_matrix) -> np.ndarray:
        """See `Recommender.predict_stars`; a weighted mean of the members' stars."""
        stars = np.tensordot(self.blend, self._predict_member_stars(profiles), 1)
        return np.asarray(np.clip(stars, LOWEST, HIGHEST), np.float32)

    def relate(self, films: np.ndarray, rated: np.ndarray) -> np.ndarray:
        """See `Recommender.relate`; what item KNN or EASE have learnt."""
        learnt = (self.members[name].relate(films, rated) for name in _PAIR_MEMBERS)
        known = [related for related in learnt if related is not None]
        return np.asarray(np.max(known, axis=0), np.float32)

    def liked_by_many(self) -> np.ndarray | None:
        """See `Recommender.liked_by_many`."""
        return self.members["bias"].liked_by_many()

    def export_state(self) -> dict[str, np.ndarray]:
        """See `Recommender.export_state`."""
        arrays = {"warm": self.warm, "cold": self.cold, "blend": self.blend}
        parts: dict[str, Recommender | Signals] = {**self.members, "signals": self.signals}
        for name, part in parts.items():
            arrays |= {f"{name}/{key}": value for key, value in part.export_state().items()}
        return arrays

    def restore(self, arrays: Arrays, films: Films) -> None:
        """See `Recommender.restore`."""
        self.warm, self.cold, self.blend = (arrays[name] for name in ("warm", "cold", "blend"))
        parts: dict[str, Recommender | Signals] = {**self.members, "signals": self.signals}
        for name, part in parts.items():
            part_arrays = {
                key.removeprefix(f"{name}/"): value
                for key, value in arrays.items()
                if key.startswith(f"{name}/")
            }
            part.restore(part_arrays, films)


def _clip(signals: np.ndarray) -> np.ndarray:
    """Limit the signals of films without ratings: extreme values mean less there."""
    return np.asarray(np.clip(signals, -_COLD_LIMIT, _COLD_LIMIT), np.float32)


def _select(history: History, films: Films, keep: np.ndarray) -> tuple[History, pa.Table]:
    """Return some of the ratings of a history, as a history and as a table of RATINGS."""
    rows = row_indices(history.matrix)
    table = pa.table(
        {
            "user_id": history.users[rows[keep]],
            "film_id": films.ids[history.matrix.indices[keep]],
            "rating": history.matrix.data[keep],
            "timestamp": history.rated_at[keep],
        }
    )
    return build_history(table, films), table
