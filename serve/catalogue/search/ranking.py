"""The score of a film for a query: words, meaning, keywords and mood, added with fixed weights."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from serve.catalogue.search.query import Query
from serve.catalogue.search.text_index import QueryWord

__all__ = ["LIKE_WEIGHTS", "WEIGHTS", "Parts", "Ranking", "Weights", "combine"]


@dataclass(frozen=True)
class Weights:
    """Weights of the parts of a score, see `Parts`."""

    words: float
    meaning: float
    keywords: float
    mood: float
    known: float
    like_meaning: float = 0.0
    like_keywords: float = 0.0


# Chosen on 24 queries that a blind reader judged and on 400 descriptions of films by others; none
# of them is among the reported queries, see benchmarks/scripts/search_quality.py.
WEIGHTS = Weights(words=1.4, meaning=1.0, keywords=0.3, mood=0.15, known=0.1)
# for "like TITLE", and the words after "but"
LIKE_WEIGHTS = Weights(
    words=0.15,
    meaning=0.4,
    keywords=0.25,
    mood=0.45,
    known=0.1,
    like_meaning=1.2,
    like_keywords=0.8,
)


@dataclass(frozen=True)
class Parts:
    """How films fit a query; each array has shape (n_films,) and dtype float32.

    Attributes
    ----------
    known : ndarray
        How well known the film is and how much is known of it, 0 to 1.
    words : ndarray or None
        How many of the words the film has, 0 to 1, see `TextIndex.scores`. This and the next three
        are None if the query has no words beside the films that it names.
    meaning : ndarray or None
        Cosine of query and film, -1 to 1.
    keywords : ndarray or None
        Cosine of the query and the nearest keyword of the film, -1 to 1.
    mood : ndarray or None
        Share of the moods and kinds asked for that the film has, 0 to 1, see `tones`.
    like_meaning : ndarray or None
        Cosine of the film and the mean of the named films, -1 to 1; None if none is named.
    like_keywords : ndarray or None
        Similarity of the keywords of the film and of the named films, 0 to 1.
    """

    known: np.ndarray
    words: np.ndarray | None = None
    meaning: np.ndarray | None = None
    keywords: np.ndarray | None = None
    mood: np.ndarray | None = None
    like_meaning: np.ndarray | None = None
    like_keywords: np.ndarray | None = None


@dataclass(frozen=True)
class Ranking:
    """All films that a search found.

    Attributes
    ----------
    rows : ndarray of shape (n_films,), int32
        Rows of movies.parquet, best first.
    scores : ndarray of shape (n_films,), float32
        0 to 1, falling.
    titles : dict of int to float
        Likeness of the titles that the query names.
    query : Query
        How the text was read.
    words : tuple of QueryWord
        The words that were searched.
    like : tuple of int
        Rows of the films that the results are like.
    """

    rows: np.ndarray
    scores: np.ndarray
    titles: dict[int, float]
    query: Query
    words: tuple[QueryWord, ...]
    like: tuple[int, ...]


def combine(parts: Parts, weights: Weights | None = None) -> np.ndarray:
    """Return the scores of films, 0 to 1.

    A weighted sum of scores keeps how far films are apart, which reciprocal rank fusion loses;
    it is the better fusion for text (Bruch, Gai and Ingber 2023).

    Parameters
    ----------
    parts : Parts
        The parts of the scores.
    weights : Weights or None
        Their weights; None for `LIKE_WEIGHTS` if the query names films, else `WEIGHTS`.

    Returns
    -------
    ndarray of shape (n_films,), float32
        The weighted sum of the parts that the query has, divided by the sum of their weights.
    """
    if weights is None:
        weights = WEIGHTS if parts.like_meaning is None else LIKE_WEIGHTS
    total, most = np.zeros(len(parts.known), np.float32), 0.0
    for field in fields(Parts):
        part, weight = getattr(parts, field.name), getattr(weights, field.name)
        if part is not None:
            total += weight * part
            most += weight
    return np.asarray(np.clip(total / most, 0, 1), np.float32)
