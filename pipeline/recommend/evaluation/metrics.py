"""How good lists and stars are: figures of each user, their means and intervals.

Precision, recall and hit rate at k; nDCG with binary gains (Järvelin and Kekäläinen 2002);
coverage; novelty as mean -log2 of a film's share of users; diversity over micro-genres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.matrices import row_of_each
from pipeline.recommend.models.validation_sets import Questions

__all__ = ["LIST_FIGURES", "errors", "interval", "list_figures", "summary", "top"]

LIST_FIGURES = ("ndcg", "precision", "recall", "hit")
_BATCH = 256  # users scored at a time: what bounds the memory

Scorer = Callable[[sparse.csr_matrix], np.ndarray]


def top(scores: np.ndarray, k: int) -> np.ndarray:
    """The k best columns of each row, best first, int64 (rows, k); of equals the earlier."""
    k = min(k, scores.shape[1])
    some = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(scores, some, 1)
    return np.take_along_axis(some, np.lexsort((some, -values), axis=1), 1)


def list_figures(
    scorer: Scorer, asked: Questions, k: int, candidates: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """`ndcg`, `precision`, `recall`, `hit` at k of each user, float64, and `lists` (users, k).

    Parameters
    ----------
    candidates : bool (films,), the films that may be listed; None: all. Films of the profile never.
    """
    lists = []
    for start in range(0, len(asked.users), _BATCH):
        given = asked.given[start : start + _BATCH]
        scores = np.array(scorer(given), np.float32)
        if candidates is not None:
            scores[:, ~candidates] = -np.inf
        at = row_of_each(given)
        scores[at, given.indices] = -np.inf
        lists.append(top(scores, k))
    chosen = np.vstack(lists) if lists else np.zeros((0, k), np.int64)
    liked = asked.liked
    hits = np.asarray(liked[np.arange(len(asked.users))[:, None], chosen].todense()) > 0
    count = np.diff(liked.indptr)
    discount = 1 / np.log2(np.arange(2, k + 2))
    best = np.cumsum(discount)[np.minimum(count, k) - 1]
    return {
        "ndcg": (hits @ discount[: chosen.shape[1]]) / np.where(count > 0, best, 1),
        "precision": hits.sum(1) / k,
        "recall": hits.sum(1) / np.maximum(count, 1),
        "hit": hits.any(1).astype(float),
        "lists": chosen,
    }


def errors(stars: Scorer, asked: Questions) -> np.ndarray:
    """Expected stars minus those given later, float64, one for each rating asked."""
    found = [np.zeros(0)]
    for start in range(0, len(asked.users), _BATCH):
        told = stars(asked.given[start : start + _BATCH])
        true = asked.rated[start : start + _BATCH]
        at = row_of_each(true)
        found.append(told[at, true.indices].astype(np.float64) - true.data)
    return np.concatenate(found)


def interval(values: np.ndarray, samples: int, seed: int) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of users' figures."""
    if not len(values):
        return (0.0, 0.0)
    draw = np.random.default_rng(seed)
    means = [values[draw.integers(0, len(values), len(values))].mean() for _ in range(samples)]
    low, high = np.quantile(means, (0.025, 0.975))
    return (float(low), float(high))


def summary(
    figures: Mapping[str, np.ndarray], films: Films, counts: np.ndarray, samples: int, seed: int
) -> dict[str, Any]:
    """Means of the users' figures with intervals; coverage, novelty and diversity of the lists.

    Parameters
    ----------
    counts : ratings of each film in what was learnt from.
    """
    told: dict[str, Any] = {"users": len(figures["ndcg"])}
    for name in LIST_FIGURES:
        told[name] = float(figures[name].mean()) if len(figures[name]) else 0.0
    told["intervals"] = {n: list(interval(figures[n], samples, seed)) for n in ("ndcg", "hit")}
    lists = figures["lists"]
    share = (counts + 1) / (counts.max(initial=0) + 1)
    told["coverage"] = len(np.unique(lists)) / max(1, len(films))
    told["novelty"] = float(-np.log2(share[lists]).mean()) if lists.size else 0.0
    told["diversity"] = _diversity(films.cluster[lists])
    return told


def _diversity(clusters: np.ndarray) -> float:
    """Share of the pairs of a list that are of different micro-genres, mean over lists."""
    if clusters.shape[0] == 0 or clusters.shape[1] < 2:
        return 0.0
    same = (clusters[:, :, None] == clusters[:, None, :]) & (clusters >= 0)[:, :, None]
    size = clusters.shape[1]
    pairs = size * (size - 1)
    return float(1 - (same.sum((1, 2)) - (clusters >= 0).sum(1)).mean() / pairs)
