"""Scores to probabilities, probabilities to genres: calibration and thresholds of each genre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from pipeline.genres.models.metrics import f1s, jaccards

__all__ = [
    "Calibration",
    "Wanted",
    "best_set",
    "calibrate",
    "decide",
    "log_odds",
    "sigmoid",
    "tune",
]

Wanted = Literal["jaccard", "f1", "balanced"]

_CANDIDATES = np.linspace(0.08, 0.72, 33)
_ROUNDS = 4
_FLOOR = 1e-6

Measure = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Calibration:
    """Platt's: probability = 1 / (1 + exp(-(slope * score + shift))), float64 (genres,) each."""

    slope: np.ndarray
    shift: np.ndarray

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Scores (n, genres) to probabilities, float64 (n, genres)."""
        return sigmoid(np.asarray(scores, np.float64) * self.slope + self.shift)


def sigmoid(values: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-values)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(values, np.float64))))


def log_odds(probabilities: np.ndarray, least: float) -> np.ndarray:
    """The inverse of `sigmoid`; probabilities below `least` or above 1 - `least` count as these."""
    held = np.clip(probabilities, least, 1 - least)
    return np.asarray(np.log(held / (1 - held)))


def calibrate(scores: np.ndarray, labels: np.ndarray) -> Calibration:
    """Fit Platt's scaling (Platt 1999) for each genre on films that the model did not learn from.

    His targets `(n+ + 1) / (n+ + 2)` and `1 / (n- + 2)` keep a genre of few films from 0 and 1. A
    genre whose scores would have to be turned around keeps its share among the films instead.
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
        told = (raw - centre) / scale

        def loss(
            ab: np.ndarray, told: np.ndarray = told, target: np.ndarray = target
        ) -> tuple[float, np.ndarray]:
            z = ab[0] * told + ab[1]
            value = float(np.mean(np.logaddexp(0, z) - target * z)) + 1e-4 * float(ab[0] ** 2)
            rest = sigmoid(z) - target
            return value, np.array([np.mean(rest * told) + 2e-4 * ab[0], np.mean(rest)])

        found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
        a, b = float(found[0]), float(found[1])
        if a <= 0:
            a, b = 0.0, float(np.log((yes + 1) / (no + 1)))
        slope[genre], shift[genre] = a / scale, b - a * centre / scale
    return Calibration(slope, shift)


def decide(probabilities: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Which film is given which genre, bool (n, genres): at least one for each film.

    Where no probability reaches its threshold, the genre that comes nearest to its own is given.
    """
    told = probabilities >= thresholds
    nearest = np.argmax(probabilities / np.maximum(thresholds, _FLOOR), axis=1)
    told[np.arange(len(told)), nearest] |= ~told.any(1)
    return np.asarray(told, bool)


def best_set(probabilities: np.ndarray, wanted: Wanted) -> np.ndarray:
    """The genres of each film of which the most is to be expected, bool (n, genres), at least one.

    A film is given its likeliest genres, as many as make the expected F1 of its set greatest
    (Dembczynski et al. 2011; Ye et al. 2012, genres taken as independent, so that how many of a set
    are true, and how many beside it, are Poisson binomial), or its expected Jaccard, or for
    `balanced` the mean of both and the chance of at least one hit.
    """
    films, genres = probabilities.shape
    order = np.argsort(-probabilities, axis=1, kind="stable")
    likely = np.take_along_axis(np.asarray(probabilities, np.float64), order, axis=1)
    beside = [np.ones((films, 1))]  # how many of the last 0, 1, ... genres are true
    for place in range(genres - 1, 0, -1):
        beside.append(_added(beside[-1], likely[:, place]))
    inside, worth = np.ones((films, 1)), np.empty((films, genres))
    for size in range(1, genres + 1):
        inside = _added(inside, likely[:, size - 1])
        gains = _gains(size, genres - size, wanted)
        worth[:, size - 1] = np.einsum("nh,hm,nm->n", inside, gains, beside[genres - size])
    told = np.zeros((films, genres), bool)
    chosen = np.arange(genres) <= worth.argmax(1)[:, None]
    np.put_along_axis(told, order, chosen, axis=1)
    return told


def _added(counts: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Probabilities of 0, 1, ... true genres (n, m + 1), with one genre more (n, m + 2)."""
    more = np.zeros((len(counts), counts.shape[1] + 1))
    more[:, :-1] = counts * (1 - chance[:, None])
    more[:, 1:] += counts * chance[:, None]
    return more


@lru_cache(maxsize=256)
def _gains(size: int, rest: int, wanted: Wanted) -> np.ndarray:
    """What a set of `size` is worth, (size + 1, rest + 1), by its hits and by what it misses."""
    hits, missed = np.meshgrid(np.arange(size + 1), np.arange(rest + 1), indexing="ij")
    jaccard, f1 = hits / (size + missed), 2 * hits / (size + hits + missed)
    if wanted == "balanced":
        return np.asarray((jaccard + f1 + (hits > 0)) / 3)
    return jaccard if wanted == "jaccard" else f1


def tune(probabilities: np.ndarray, labels: np.ndarray, wanted: Wanted) -> np.ndarray:
    """A threshold for each genre, float64 (genres,), between 0.08 and 0.72.

    One genre after the other moves to where the mean over films of what is wanted is best, the
    others held, for some rounds; the start is the best threshold that is the same for all.
    `balanced` is the mean of Jaccard, F1 and the share of films with at least one hit.
    """
    measure: Measure = {"jaccard": _jaccard, "f1": _f1, "balanced": _balanced}[wanted]
    genres = labels.shape[1]
    starts = [np.full(genres, least) for least in _CANDIDATES]
    thresholds = max(starts, key=lambda t: measure(decide(probabilities, t), labels))
    best = measure(decide(probabilities, thresholds), labels)
    for _ in range(_ROUNDS):
        before = best
        for genre in range(genres):
            for least in _CANDIDATES:
                tried = thresholds.copy()
                tried[genre] = least
                found = measure(decide(probabilities, tried), labels)
                if found > best + 1e-9:
                    best, thresholds = found, tried
        if best <= before:
            break
    return thresholds


def _jaccard(told: np.ndarray, labels: np.ndarray) -> float:
    return float(jaccards(told, labels).mean())


def _f1(told: np.ndarray, labels: np.ndarray) -> float:
    return float(f1s(told, labels).mean())


def _balanced(told: np.ndarray, labels: np.ndarray) -> float:
    hit = float((told & labels).any(1).mean())
    return (_jaccard(told, labels) + _f1(told, labels) + hit) / 3
