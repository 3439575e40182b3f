"""Scores to probabilities, probabilities to genres: calibration and decision of each genre.

In this module, `probabilities`, `scores` and `labels` are arrays of shape (n_films, n_genres).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from pipeline.genres.models.metrics import f1s, jaccards

__all__ = [
    "Calibration",
    "Objective",
    "calibrate",
    "choose_sets",
    "decide",
    "log_odds",
    "sigmoid",
    "tune_thresholds",
]

Objective = Literal["jaccard", "f1", "balanced"]

_CANDIDATES = np.linspace(0.08, 0.72, 33)
_ROUNDS = 4
_FLOOR = 1e-6

Measure = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Calibration:
    """Platt's scaling: probability = 1 / (1 + exp(-(slope * score + shift))).

    Attributes
    ----------
    slope, shift : ndarray of shape (n_genres,), float64
    """

    slope: np.ndarray
    shift: np.ndarray

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return the probabilities of scores, float64, 0 to 1, of the same shape."""
        return sigmoid(np.asarray(scores, np.float64) * self.slope + self.shift)


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-values)), without overflow.

    Parameters
    ----------
    values : ndarray of any shape

    Returns
    -------
    ndarray of the same shape, float64
        0 to 1.

    Examples
    --------
    >>> sigmoid(np.array([-1e6, 0.0, 1e6])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(values, np.float64))))


def log_odds(probabilities: np.ndarray, least: float) -> np.ndarray:
    """Return the inverse of `sigmoid`, with probabilities clipped first.

    Parameters
    ----------
    probabilities : ndarray of any shape
        0 to 1.
    least : float
        Probabilities are clipped to `least` and 1 - `least`, so that the result is finite.

    Returns
    -------
    ndarray of the same shape
    """
    clipped = np.clip(probabilities, least, 1 - least)
    return np.asarray(np.log(clipped / (1 - clipped)))


def calibrate(scores: np.ndarray, labels: np.ndarray) -> Calibration:
    """Fit Platt's scaling for each genre, on films that the model did not learn from.

    A genre whose slope would be negative (higher scores for films without the genre) gets its share
    among the films as a constant probability.

    Parameters
    ----------
    scores : ndarray of shape (n_films, n_genres)
        Higher where a genre is more likely.
    labels : ndarray of shape (n_films, n_genres), bool

    Returns
    -------
    Calibration

    Notes
    -----
    Platt 1999, "Probabilistic outputs for support vector machines". His targets
    `(n+ + 1) / (n+ + 2)` and `1 / (n- + 2)` keep the probabilities of a genre with few films away
    from 0 and 1.
    """
    from scipy.optimize import minimize

    genres = labels.shape[1]
    slope, shift = np.ones(genres), np.zeros(genres)
    for genre in range(genres):
        raw = np.asarray(scores[:, genre], np.float64)
        has = labels[:, genre]
        yes, no = int(has.sum()), int((~has).sum())
        target = np.where(has, (yes + 1) / (yes + 2), 1 / (no + 2))
        centre, scale = float(raw.mean()), float(raw.std()) or 1.0
        standard = (raw - centre) / scale

        def loss(
            ab: np.ndarray, x: np.ndarray = standard, target: np.ndarray = target
        ) -> tuple[float, np.ndarray]:
            z = ab[0] * x + ab[1]
            value = float(np.mean(np.logaddexp(0, z) - target * z)) + 1e-4 * float(ab[0] ** 2)
            rest = sigmoid(z) - target
            return value, np.array([np.mean(rest * x) + 2e-4 * ab[0], np.mean(rest)])

        fit = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
        a, b = float(fit[0]), float(fit[1])
        if a <= 0:
            a, b = 0.0, float(np.log((yes + 1) / (no + 1)))
        slope[genre], shift[genre] = a / scale, b - a * centre / scale
    return Calibration(slope, shift)


def decide(probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Give each film the genres whose probability reaches the threshold, at least one.

    If no probability reaches its threshold, the film gets the genre with the highest ratio of
    probability to threshold.

    Parameters
    ----------
    probabilities : ndarray of shape (n_films, n_genres), float64
        0 to 1.
    thresholds : ndarray of shape (n_genres,), float64
        0 to 1.

    Returns
    -------
    ndarray of shape (n_films, n_genres), bool
    """
    given = probabilities >= thresholds
    nearest = np.argmax(probabilities / np.maximum(thresholds, _FLOOR), axis=1)
    given[np.arange(len(given)), nearest] |= ~given.any(1)
    return np.asarray(given, bool)


def choose_sets(probabilities: np.ndarray, objective: Objective) -> np.ndarray:
    """Give each film the set of genres with the greatest expected objective, at least one genre.

    The best set consists of the most likely genres; only their number is to be found.

    Parameters
    ----------
    probabilities : ndarray of shape (n_films, n_genres), float64
        0 to 1.
    objective : {"jaccard", "f1", "balanced"}
        `balanced` is the mean of Jaccard, F1 and the chance of at least one correct genre.

    Returns
    -------
    ndarray of shape (n_films, n_genres), bool

    Notes
    -----
    Dembczynski et al. 2011, "An exact algorithm for F-measure maximization"; Ye et al. 2012,
    "Optimizing F-measure: a tale of two approaches". Genres are taken as independent, so the number
    of true genres inside the set, and outside it, each follow a Poisson binomial distribution.

    Examples
    --------
    >>> choose_sets(np.array([[0.9, 0.8, 0.1], [0.7, 0.1, 0.1]]), "f1").tolist()
    [[True, True, False], [True, False, False]]
    """
    films, genres = probabilities.shape
    order = np.argsort(-probabilities, axis=1, kind="stable")
    likely = np.take_along_axis(np.asarray(probabilities, np.float64), order, axis=1)
    outside = [np.ones((films, 1))]  # distribution of the true ones among the last 0, 1, ... genres
    for place in range(genres - 1, 0, -1):
        outside.append(_add_genre(outside[-1], likely[:, place]))
    inside, expected = np.ones((films, 1)), np.empty((films, genres))
    for size in range(1, genres + 1):
        inside = _add_genre(inside, likely[:, size - 1])
        gains = _gains(size, genres - size, objective)
        expected[:, size - 1] = np.einsum("nh,hm,nm->n", inside, gains, outside[genres - size])
    given = np.zeros((films, genres), bool)
    chosen = np.arange(genres) <= expected.argmax(1)[:, None]
    np.put_along_axis(given, order, chosen, axis=1)
    return given


def _add_genre(counts: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Add one genre to the distribution of the number of true genres, (n, m + 1) to (n, m + 2)."""
    more = np.zeros((len(counts), counts.shape[1] + 1))
    more[:, :-1] = counts * (1 - probability[:, None])
    more[:, 1:] += counts * probability[:, None]
    return more


@lru_cache(maxsize=256)
def _gains(size: int, rest: int, objective: Objective) -> np.ndarray:
    """Return the objective of a set of `size`, (size + 1, rest + 1), by hits and missed genres."""
    hits, missed = np.meshgrid(np.arange(size + 1), np.arange(rest + 1), indexing="ij")
    jaccard, f1 = hits / (size + missed), 2 * hits / (size + hits + missed)
    if objective == "balanced":
        return np.asarray((jaccard + f1 + (hits > 0)) / 3)
    return jaccard if objective == "jaccard" else f1


def tune_thresholds(
    probabilities: np.ndarray, labels: np.ndarray, objective: Objective
) -> np.ndarray:
    """Return the threshold of each genre that gives the best mean objective over films.

    Coordinate ascent: start with the best threshold that is the same for all genres, then improve
    one genre after the other, for a few rounds.

    Parameters
    ----------
    probabilities : ndarray of shape (n_films, n_genres), float64
        0 to 1.
    labels : ndarray of shape (n_films, n_genres), bool
    objective : {"jaccard", "f1", "balanced"}
        `balanced` is the mean of Jaccard, F1 and the share of films with a correct genre.

    Returns
    -------
    ndarray of shape (n_genres,), float64
        0.08 to 0.72.
    """
    measure: Measure = {"jaccard": _jaccard, "f1": _f1, "balanced": _balanced}[objective]
    genres = labels.shape[1]
    starts = [np.full(genres, least) for least in _CANDIDATES]
    thresholds = max(starts, key=lambda t: measure(decide(probabilities, t), labels))
    best = measure(decide(probabilities, thresholds), labels)
    for _ in range(_ROUNDS):
        before = best
        for genre in range(genres):
            for least in _CANDIDATES:
                candidate = thresholds.copy()
                candidate[genre] = least
                value = measure(decide(probabilities, candidate), labels)
                if value > best + 1e-9:
                    best, thresholds = value, candidate
        if best <= before:
            break
    return thresholds


def _jaccard(given: np.ndarray, labels: np.ndarray) -> float:
    return float(jaccards(given, labels).mean())


def _f1(given: np.ndarray, labels: np.ndarray) -> float:
    return float(f1s(given, labels).mean())


def _balanced(given: np.ndarray, labels: np.ndarray) -> float:
    hit = float((given & labels).any(1).mean())
    return (_jaccard(given, labels) + _f1(given, labels) + hit) / 3
