"""Every figure of a multi-label prediction: over films, over genres, by length, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = [
    "AVERAGES",
    "advantage",
    "by_length",
    "compared",
    "f1s",
    "figures",
    "intervals",
    "jaccards",
    "of_genres",
    "per_film",
    "together",
]

AVERAGES = ("micro", "macro", "weighted", "samples")
_WORDS = (0, 20, 40, 60, 80, 120)  # words of a text from which each group begins


def jaccards(told: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Genres told and true over genres told or true, of each film, float64 (n,)."""
    return np.asarray((told & labels).sum(1) / np.maximum((told | labels).sum(1), 1))


def f1s(told: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Harmonic mean of precision and recall of each film, float64 (n,)."""
    both = (told & labels).sum(1)
    return np.asarray(2 * both / np.maximum(told.sum(1) + labels.sum(1), 1))


def per_film(told: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Figures of each film, float64 (n,): jaccard, f1, hits (count), exact, wrong (a share)."""
    return {
        "jaccard": jaccards(told, labels),
        "f1": f1s(told, labels),
        "hits": (told & labels).sum(1).astype(np.float64),
        "exact": (told == labels).all(1).astype(np.float64),
        "wrong": (told != labels).mean(1),
    }


def figures(told: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """All figures over some films; bool (n, genres) both.

    Returns
    -------
    `jaccard` (samples), `hamming`, `exact_match`, `at_least_one`, `at_least_two` (of the films with
    two genres or more; None where there are none), `genres_told` and `genres_true` (per film), and
    `precision`, `recall`, `f1`, each by average. What has no denominator counts as 0.
    """
    films = per_film(told, labels)
    two = labels.sum(1) >= 2
    found: dict[str, Any] = {
        "films": len(labels),
        "jaccard": float(films["jaccard"].mean()),
        "hamming": float(films["wrong"].mean()),
        "exact_match": float(films["exact"].mean()),
        "at_least_one": float((films["hits"] >= 1).mean()),
        "at_least_two": float((films["hits"][two] >= 2).mean()) if two.any() else None,
        "genres_told": float(told.sum(1).mean()),
        "genres_true": float(labels.sum(1).mean()),
    }
    both, said, true = (told & labels), told, labels
    names = ("precision", "recall", "f1")
    by_genre = _rates(both.sum(0), said.sum(0), true.sum(0))
    by_film = _rates(both.sum(1), said.sum(1), true.sum(1))
    in_all = _rates(*(np.array([part.sum()]) for part in (both, said, true)))
    support = true.sum(0) / max(1, true.sum())
    for name, genre, film, whole in zip(names, by_genre, by_film, in_all, strict=True):
        found[name] = {
            "micro": float(whole[0]),
            "macro": float(genre.mean()),
            "weighted": float((genre * support).sum()),
            "samples": float(film.mean()),
        }
    return found


def of_genres(told: np.ndarray, labels: np.ndarray, genres: Sequence[str]) -> list[dict[str, Any]]:
    """A row per genre: genre, support (films that have it), told, precision, recall, f1."""
    both, said, true = (told & labels).sum(0), told.sum(0), labels.sum(0)
    precision, recall, f1 = _rates(both, said, true)
    return [
        {
            "genre": name,
            "support": int(true[g]),
            "told": int(said[g]),
            "precision": float(precision[g]),
            "recall": float(recall[g]),
            "f1": float(f1[g]),
        }
        for g, name in enumerate(genres)
    ]


def by_length(told: np.ndarray, labels: np.ndarray, words: np.ndarray) -> list[dict[str, Any]]:
    """A row per group of texts by their words: from_words, to_words, films, jaccard, f1."""
    films = per_film(told, labels)
    rows: list[dict[str, Any]] = []
    for low, high in zip(_WORDS, (*_WORDS[1:], None), strict=True):
        chosen = (words >= low) & (words < (np.inf if high is None else high))
        if chosen.any():
            rows.append(
                {
                    "from_words": low,
                    "to_words": None if high is None else high - 1,
                    "films": int(chosen.sum()),
                    "jaccard": float(films["jaccard"][chosen].mean()),
                    "f1": float(films["f1"][chosen].mean()),
                }
            )
    return rows


def intervals(
    told: np.ndarray, labels: np.ndarray, resamples: int, seed: int
) -> dict[str, list[float]]:
    """95 % intervals by the percentile bootstrap over films: jaccard, f1 (samples), at_least_one,
    micro_f1, macro_f1."""
    chance = np.random.default_rng(seed)
    films = per_film(told, labels)
    both, said, true = (part.astype(np.float64) for part in (told & labels, told, labels))
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        weight = _weights(chance, len(labels))
        counts = [weight @ part for part in (both, said, true)]
        per_genre = 2 * counts[0] / np.maximum(counts[1] + counts[2], 1)
        found = {
            "jaccard": weight @ films["jaccard"] / len(labels),
            "f1": weight @ films["f1"] / len(labels),
            "at_least_one": weight @ (films["hits"] >= 1) / len(labels),
            "micro_f1": 2 * counts[0].sum() / max(1.0, counts[1].sum() + counts[2].sum()),
            "macro_f1": per_genre.mean(),
        }
        for name, value in found.items():
            drawn.setdefault(name, []).append(float(value))
    return {name: _middle(values) for name, values in drawn.items()}


def advantage(
    told: np.ndarray, other: np.ndarray, labels: np.ndarray, resamples: int, seed: int
) -> dict[str, Any]:
    """How far `told` is ahead of `other` in samples Jaccard on the same films: `interval` too."""
    ahead = per_film(told, labels)["jaccard"] - per_film(other, labels)["jaccard"]
    chance = np.random.default_rng(seed)
    drawn = [float(_weights(chance, len(ahead)) @ ahead / len(ahead)) for _ in range(resamples)]
    return {"jaccard": float(ahead.mean()), "interval": _middle(drawn)}


def together(labels: np.ndarray, told: np.ndarray | None = None) -> np.ndarray:
    """How often genre i (row) and genre j (column) come together, int64 (genres, genres).

    With `told`, rows are true genres and columns those told: what is taken for what.
    """
    true = labels.astype(np.int64)
    return true.T @ (true if told is None else told.astype(np.int64))


def compared(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of models, best samples Jaccard first."""
    return sorted(found, key=lambda name: (-found[name]["jaccard"], name))


def _rates(
    both: np.ndarray, said: np.ndarray, true: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        both / np.maximum(said, 1),
        both / np.maximum(true, 1),
        2 * both / np.maximum(said + true, 1),
    )


def _weights(chance: np.random.Generator, count: int) -> np.ndarray:
    drawn = np.bincount(chance.integers(0, count, count), minlength=count)
    return np.asarray(drawn, np.float64)


def _middle(values: Sequence[float]) -> list[float]:
    return [float(q) for q in np.quantile(values, [0.025, 0.975])]
