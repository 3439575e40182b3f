"""Every figure of a multi-label prediction: over films, over genres, by length, with intervals.

`predicted` and `labels` are bool arrays of shape (n_films, n_genres) everywhere: the genres that a
model gives each film, and the genres that the film has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np

__all__ = [
    "Advantage",
    "Averages",
    "Figures",
    "GenreFigures",
    "LengthFigures",
    "bootstrap_intervals",
    "count_pairs",
    "f1s",
    "jaccards",
    "measure",
    "measure_advantage",
    "measure_genres",
    "measure_lengths",
    "rank_models",
]

_WORDS = (0, 20, 40, 60, 80, 120)  # number of words at which each group of texts begins


class Averages(TypedDict):
    """One figure, 0 to 1, averaged in four ways."""

    micro: float  # over all pairs of film and genre
    macro: float  # over genres
    weighted: float  # over genres, weighted by their number of films
    samples: float  # over films


class Figures(TypedDict):
    """Figures of a prediction over several films; shares are 0 to 1."""

    films: int
    jaccard: float  # mean over films
    hamming: float  # share of wrong pairs of film and genre
    exact_match: float
    at_least_one: float  # share of films with one correct genre or more
    at_least_two: float | None  # the same for two, of the films with two genres or more
    genres_predicted: float  # mean number per film
    genres_true: float  # mean number per film
    precision: Averages
    recall: Averages
    f1: Averages


class GenreFigures(TypedDict):
    """Figures of one genre."""

    genre: str
    support: int  # films that have the genre
    predicted: int  # films that are given the genre
    precision: float
    recall: float
    f1: float


class LengthFigures(TypedDict):
    """Figures of the films whose text has `from_words` to `to_words` words."""

    from_words: int
    to_words: int | None
    films: int
    jaccard: float
    f1: float


class Advantage(TypedDict):
    """Mean difference in Jaccard, and its 95 % interval."""

    jaccard: float
    interval: list[float]


def jaccards(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the Jaccard index of each film: correct genres over predicted or true genres.

    Parameters
    ----------
    predicted, labels : ndarray of shape (n_films, n_genres), bool

    Returns
    -------
    ndarray of shape (n_films,), float64
        0 to 1.

    Examples
    --------
    >>> jaccards(np.array([[True, True, False]]), np.array([[True, False, False]])).tolist()
    [0.5]
    """
    return np.asarray((predicted & labels).sum(1) / np.maximum((predicted | labels).sum(1), 1))


def f1s(predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the F1 of each film: the harmonic mean of its precision and recall.

    Parameters
    ----------
    predicted, labels : ndarray of shape (n_films, n_genres), bool

    Returns
    -------
    ndarray of shape (n_films,), float64
        0 to 1.
    """
    correct = (predicted & labels).sum(1)
    return np.asarray(2 * correct / np.maximum(predicted.sum(1) + labels.sum(1), 1))


def measure(predicted: np.ndarray, labels: np.ndarray) -> Figures:
    """Return all figures of a prediction; a share whose denominator is 0 counts as 0.

    Parameters
    ----------
    predicted, labels : ndarray of shape (n_films, n_genres), bool

    Returns
    -------
    Figures
    """
    hits = (predicted & labels).sum(1).astype(np.float64)
    two = labels.sum(1) >= 2
    correct = predicted & labels
    by_genre = _rates(correct.sum(0), predicted.sum(0), labels.sum(0))
    by_film = _rates(correct.sum(1), predicted.sum(1), labels.sum(1))
    over_all = _rates(*(np.array([part.sum()]) for part in (correct, predicted, labels)))
    support = labels.sum(0) / max(1, labels.sum())
    precision, recall, f1 = (
        Averages(
            micro=float(pooled[0]),
            macro=float(genre.mean()),
            weighted=float((genre * support).sum()),
            samples=float(film.mean()),
        )
        for genre, film, pooled in zip(by_genre, by_film, over_all, strict=True)
    )
    return {
        "films": len(labels),
        "jaccard": float(jaccards(predicted, labels).mean()),
        "hamming": float((predicted != labels).mean(1).mean()),
        "exact_match": float((predicted == labels).all(1).astype(np.float64).mean()),
        "at_least_one": float((hits >= 1).mean()),
        "at_least_two": float((hits[two] >= 2).mean()) if two.any() else None,
        "genres_predicted": float(predicted.sum(1).mean()),
        "genres_true": float(labels.sum(1).mean()),
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def measure_genres(
    predicted: np.ndarray, labels: np.ndarray, genres: Sequence[str]
) -> list[GenreFigures]:
    """Return the figures of each genre.

    Parameters
    ----------
    predicted, labels : ndarray of shape (n_films, n_genres), bool
    genres : sequence of str
        Names of the columns.

    Returns
    -------
    list of GenreFigures
        One row per genre, in the order of `genres`.
    """
    given, true = predicted.sum(0), labels.sum(0)
    precision, recall, f1 = _rates((predicted & labels).sum(0), given, true)
    return [
        {
            "genre": name,
            "support": int(true[g]),
            "predicted": int(given[g]),
            "precision": float(precision[g]),
            "recall": float(recall[g]),
            "f1": float(f1[g]),
        }
        for g, name in enumerate(genres)
    ]


def measure_lengths(
    predicted: np.ndarray, labels: np.ndarray, words: np.ndarray
) -> list[LengthFigures]:
    """Return the figures of films grouped by the length of their text.

    Parameters
    ----------
    predicted, labels : ndarray of shape (n_films, n_genres), bool
    words : ndarray of shape (n_films,), int
        Number of words of each film's text.

    Returns
    -------
    list of LengthFigures
        One row per group that has films, shortest texts first.
    """
    jaccard, f1 = jaccards(predicted, labels), f1s(predicted, labels)
    rows: list[LengthFigures] = []
    for low, high in zip(_WORDS, (*_WORDS[1:], None), strict=True):
        chosen = (words >= low) & (words < (np.inf if high is None else high))
        if chosen.any():
            rows.append(
                {
                    "from_words": low,
                    "to_words": None if high is None else high - 1,
                    "films": int(chosen.sum()),
                    "jaccard": float(jaccard[chosen].mean()),
                    "f1": float(f1[chosen].mean()),
                }
            )
    return rows


def bootstrap_intervals(
    predicted: np.ndarray, labels: np.ndarray, resamples: int, seed: int
) -> dict[str, list[float]]:
    """Return 95 % intervals by the percentile bootstrap over films (Efron 1979).

    Parameters
    ----------
    predicted, labels : ndarray of shape (n_films, n_genres), bool
    resamples : int
        Number of bootstrap samples.
    seed : int
        Seed of the random generator.

    Returns
    -------
    dict of str to list of float
        Lower and upper bound of `jaccard`, `f1` (samples), `at_least_one`, `micro_f1` and
        `macro_f1`.
    """
    rng = np.random.default_rng(seed)
    jaccard, f1 = jaccards(predicted, labels), f1s(predicted, labels)
    hit = (predicted & labels).any(1)
    parts = [part.astype(np.float64) for part in (predicted & labels, predicted, labels)]
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        weight = _bootstrap_weights(rng, len(labels))
        correct, given, true = (weight @ part for part in parts)
        values = {
            "jaccard": weight @ jaccard / len(labels),
            "f1": weight @ f1 / len(labels),
            "at_least_one": weight @ hit / len(labels),
            "micro_f1": 2 * correct.sum() / max(1.0, given.sum() + true.sum()),
            "macro_f1": (2 * correct / np.maximum(given + true, 1)).mean(),
        }
        for name, value in values.items():
            drawn.setdefault(name, []).append(float(value))
    return {name: _interval(values) for name, values in drawn.items()}


def measure_advantage(
    predicted: np.ndarray, other: np.ndarray, labels: np.ndarray, resamples: int, seed: int
) -> Advantage:
    """Return how far one prediction is ahead of another on the same films, in samples Jaccard.

    Parameters
    ----------
    predicted, other, labels : ndarray of shape (n_films, n_genres), bool
        The prediction, the one to compare with, and the true genres.
    resamples : int
        Number of bootstrap samples.
    seed : int
        Seed of the random generator.

    Returns
    -------
    Advantage
        Mean difference and its 95 % interval by the paired bootstrap.
    """
    ahead = jaccards(predicted, labels) - jaccards(other, labels)
    rng = np.random.default_rng(seed)
    drawn = [
        float(_bootstrap_weights(rng, len(ahead)) @ ahead / len(ahead)) for _ in range(resamples)
    ]
    return {"jaccard": float(ahead.mean()), "interval": _interval(drawn)}


def count_pairs(labels: np.ndarray, predicted: np.ndarray | None = None) -> np.ndarray:
    """Count the films that have both genre i (row) and genre j (column).

    Parameters
    ----------
    labels : ndarray of shape (n_films, n_genres), bool
        True genres.
    predicted : ndarray of shape (n_films, n_genres), bool, optional
        If given, columns are predicted genres: which genre is mistaken for which.

    Returns
    -------
    ndarray of shape (n_genres, n_genres), int64
    """
    true = labels.astype(np.int64)
    return true.T @ (true if predicted is None else predicted.astype(np.int64))


def rank_models(figures: Mapping[str, Figures]) -> list[str]:
    """Return the names of models by their samples Jaccard, best first."""
    return sorted(figures, key=lambda name: (-figures[name]["jaccard"], name))


def _rates(
    correct: np.ndarray, given: np.ndarray, true: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision, recall and F1 of counts."""
    return (
        correct / np.maximum(given, 1),
        correct / np.maximum(true, 1),
        2 * correct / np.maximum(given + true, 1),
    )


def _bootstrap_weights(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return how often each of `count` films is drawn in a sample with replacement."""
    drawn = np.bincount(rng.integers(0, count, count), minlength=count)
    return np.asarray(drawn, np.float64)


def _interval(values: Sequence[float]) -> list[float]:
    return [float(q) for q in np.quantile(values, [0.025, 0.975])]
