"""Metrics of lists and of predicted stars, per user, with means and bootstrap intervals.

Lists of length k: precision, recall, hit rate, and nDCG with binary gains (Järvelin and Kekäläinen,
"Cumulated gain-based evaluation of IR techniques", 2002). Over all lists: coverage, novelty as mean
-log2 of a film's popularity relative to the most popular film, and diversity over micro-genres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.matrices import row_indices
from pipeline.recommend.models.validation_sets import ValidationSet

__all__ = [
    "LIST_METRICS",
    "ListSummary",
    "bootstrap_interval",
    "measure_lists",
    "select_top",
    "star_errors",
    "summarise_lists",
]

LIST_METRICS = ("ndcg", "precision", "recall", "hit")
_BATCH = 256  # users scored at a time; limits the memory

Scorer = Callable[[sparse.csr_matrix], np.ndarray]


class ListSummary(TypedDict):
    """Means over users, with 95 % intervals by metric; the last three are over all lists."""

    users: int
    ndcg: float
    precision: float
    recall: float
    hit: float
    intervals: dict[str, tuple[float, float]]
    coverage: float
    novelty: float
    diversity: float


def select_top(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the k best columns of each row.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns), float
        Higher is better; equal scores rank by column.
    k : int
        At most n_columns are returned.

    Returns
    -------
    ndarray of shape (n_rows, k), int64
        Columns, best first.

    Examples
    --------
    >>> select_top(np.array([[1.0, 3.0, 3.0, 2.0]]), 3).tolist()
    [[1, 2, 3]]
    """
    k = min(k, scores.shape[1])
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(scores, best, 1)
    return np.take_along_axis(best, np.lexsort((best, -values), axis=1), 1)


def measure_lists(
    scorer: Scorer, validation: ValidationSet, k: int, candidates: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Compute the metrics of the list of each user.

    Parameters
    ----------
    scorer : callable
        `Recommender.score` of a fitted model.
    validation : ValidationSet
        Profiles, and the films that are to be found.
    k : int
        Length of the lists.
    candidates : ndarray of shape (n_films,), bool, optional
        Films that may be listed; None: all. Films of the profile are never listed.

    Returns
    -------
    dict of str to ndarray of shape (n_users,), float64
        `ndcg`, `precision`, `recall` and `hit`, 0 to 1; and `lists`, int64 (n_users, k), the
        films of each list.
    """
    parts = []
    for start in range(0, len(validation.users), _BATCH):
        profiles = validation.profiles[start : start + _BATCH]
        scores = np.array(scorer(profiles), np.float32)
        if candidates is not None:
            scores[:, ~candidates] = -np.inf
        scores[row_indices(profiles), profiles.indices] = -np.inf
        parts.append(select_top(scores, k))
    lists = np.vstack(parts) if parts else np.zeros((0, k), np.int64)
    liked = validation.liked
    hits = np.asarray(liked[np.arange(len(validation.users))[:, None], lists].todense()) > 0
    count = np.diff(liked.indptr)
    discount = 1 / np.log2(np.arange(2, k + 2))
    best = np.cumsum(discount)[np.minimum(count, k) - 1]
    return {
        "ndcg": (hits @ discount[: lists.shape[1]]) / np.where(count > 0, best, 1),
        "precision": hits.sum(1) / k,
        "recall": hits.sum(1) / np.maximum(count, 1),
        "hit": hits.any(1).astype(float),
        "lists": lists,
    }


def star_errors(predict_stars: Scorer, validation: ValidationSet) -> np.ndarray:
    """Return the errors of the predicted ratings.

    Parameters
    ----------
    predict_stars : callable
        `Recommender.predict_stars` of a fitted model.
    validation : ValidationSet
        Profiles, and the later ratings.

    Returns
    -------
    ndarray of shape (n_ratings,), float64
        Predicted minus true stars, one for each later rating.
    """
    errors = [np.zeros(0)]
    for start in range(0, len(validation.users), _BATCH):
        predicted = predict_stars(validation.profiles[start : start + _BATCH])
        rated = validation.rated[start : start + _BATCH]
        at = row_indices(rated)
        errors.append(predicted[at, rated.indices].astype(np.float64) - rated.data)
    return np.concatenate(errors)


def bootstrap_interval(values: np.ndarray, samples: int, seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        One value per user.
    samples : int
        Number of resamples.
    seed : int
        Seed of the random generator.

    Returns
    -------
    low, high : float
        Both 0 without values.

    Notes
    -----
    Percentile interval: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    if not len(values):
        return (0.0, 0.0)
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(samples)]
    low, high = np.quantile(means, (0.025, 0.975))
    return (float(low), float(high))


def summarise_lists(
    metrics: Mapping[str, np.ndarray], films: Films, counts: np.ndarray, samples: int, seed: int
) -> ListSummary:
    """Summarise the metrics of all users.

    Parameters
    ----------
    metrics : mapping of str to ndarray
        From `measure_lists`.
    films : Films
        Films in the column order of the model.
    counts : ndarray of shape (n_films,), int64
        Number of training ratings of each film.
    samples : int
        Number of bootstrap samples.
    seed : int
        Seed of the random generator.
    """
    mean = {
        name: float(metrics[name].mean()) if len(metrics[name]) else 0.0 for name in LIST_METRICS
    }
    lists = metrics["lists"]
    share = (counts + 1) / (counts.max(initial=0) + 1)
    return {
        "users": len(metrics["ndcg"]),
        "ndcg": mean["ndcg"],
        "precision": mean["precision"],
        "recall": mean["recall"],
        "hit": mean["hit"],
        "intervals": {n: bootstrap_interval(metrics[n], samples, seed) for n in ("ndcg", "hit")},
        "coverage": len(np.unique(lists)) / max(1, len(films)),
        "novelty": float(-np.log2(share[lists]).mean()) if lists.size else 0.0,
        "diversity": _measure_diversity(films.cluster[lists]),
    }


def _measure_diversity(clusters: np.ndarray) -> float:
    """Return the share of the pairs of a list with different micro-genres, mean over lists."""
    if clusters.shape[0] == 0 or clusters.shape[1] < 2:
        return 0.0
    same = (clusters[:, :, None] == clusters[:, None, :]) & (clusters >= 0)[:, :, None]
    size = clusters.shape[1]
    pairs = size * (size - 1)
    return float(1 - (same.sum((1, 2)) - (clusters >= 0).sum(1)).mean() / pairs)
