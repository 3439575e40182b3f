"""Reasons for recommendations: a film that the user rated high, and what both films share.

A reason claims only what is known: that both are about similar things only if both have texts, that
the same people rate both high only if the model has learnt it from their ratings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.documents import Reason
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.baselines import centre_known

__all__ = ["Explainer"]

_HIGH = 3.5  # stars
_SIMILAR = 0.25  # cosine from which two films count as similar in texts or tags
_RELATION = 0.3  # weight of the relation by ratings where neither texts nor tags are known


@dataclass(frozen=True)
class _Shared:
    """What two films share; `text` and `tags` are NaN if unknown."""

    micro_genre: bool
    text: float
    tags: float
    related: bool


class Explainer:
    """Explains recommendations; prepares the vectors of the films once.

    Parameters
    ----------
    films : Films
        Films in the column order of the profiles.
    model : Recommender or None
        The fitted model, which knows who rates which films; None: nothing is known of that.
    """

    def __init__(self, films: Films, model: Recommender | None = None) -> None:
        self._films, self._model = films, model
        self._texts, self._tags = centre_known(films.vectors), centre_known(films.genome)
        self._liked = None if model is None else model.liked_by_many()

    def explain(self, profile: sparse.csr_matrix, rows: Sequence[int]) -> list[Reason]:
        """Explain each film by a film of the profile.

        Parameters
        ----------
        profile : csr_matrix of shape (1, n_films), float32
            Stars that the user gave.
        rows : sequence of int
            Rows of the recommended films.

        Returns
        -------
        list of Reason
            In the order of `rows`.
        """
        films = self._films
        high = profile.data >= _HIGH
        rated, stars = profile.indices[high].astype(np.int64), profile.data[high]
        if not len(rated) or not len(rows):
            return [self._explain_alone(row) for row in rows]
        wanted = np.asarray(rows, np.int64)
        texts = _similarity(self._texts, wanted, rated)
        tags = _similarity(self._tags, wanted, rated)
        same = (films.cluster[wanted][:, None] == films.cluster[rated][None, :]) & (
            films.cluster[wanted][:, None] >= 0
        )
        shared = films.genres[wanted] @ films.genres[rated].T
        related = None if self._model is None else self._model.relate(wanted, rated)
        if related is None:
            related = np.zeros(shared.shape, np.float32)
        unknown = np.isnan(texts) & np.isnan(tags)
        weight = np.where(unknown, _RELATION * np.minimum(related, 1), _mean_known(texts, tags))
        weight = weight + 0.5 * same + 0.05 * shared + 0.05 * (stars[None, :] - _HIGH)
        best = weight.argmax(1)
        return [
            self._describe(
                int(row),
                int(rated[at]),
                float(stars[at]),
                _Shared(
                    bool(same[number, at]),
                    float(texts[number, at]),
                    float(tags[number, at]),
                    bool(related[number, at] > 0),
                ),
            )
            for number, (row, at) in enumerate(zip(rows, best, strict=True))
        ]

    def _describe(self, row: int, other: int, stars: float, shared: _Shared) -> Reason:
        films = self._films
        both = [
            name
            for g, name in enumerate(films.genre_names)
            if films.genres[row, g] and films.genres[other, g]
        ]
        name = films.cluster_names.get(int(films.cluster[row]))
        if shared.micro_genre:
            why = f"both are {name}"
        elif shared.text >= _SIMILAR:
            why = "both are about similar things"
        elif shared.tags >= _SIMILAR:
            why = "people give both similar tags"
        elif both:
            why = f"both are {' and '.join(both[:2])}"
        elif shared.related:
            why = "the same people rate both high"
        else:
            return self._explain_alone(row)
        return {
            "because_of": films.titles[other],
            "because_of_film_id": int(films.ids[other]),
            "stars": stars,
            "same_micro_genre": name if shared.micro_genre else None,
            "genres": both,
            "similarity": None if np.isnan(shared.text) else round(shared.text, 4),
            "text": f"because you rated {films.titles[other]} {stars:g} of 5; {why}",
        }

    def _explain_alone(self, row: int) -> Reason:
        """Explain a film that shares nothing known with the profile."""
        films = self._films
        name = films.cluster_names.get(int(films.cluster[row]))
        genres = [g for g, has in zip(films.genre_names, films.genres[row], strict=True) if has]
        reasons = []
        if self._liked is not None and self._liked[row]:
            reasons.append("many have watched and liked it")
        if name:
            reasons.append(f"it belongs to {name}")
        elif genres and not reasons:
            reasons.append(f"it is {' and '.join(genres[:2])}")
        return {
            "because_of": None,
            "because_of_film_id": None,
            "stars": None,
            "same_micro_genre": None,
            "genres": [],
            "similarity": None,
            "text": "; ".join(reasons) or "it scores high, but nothing that you rated explains why",
        }


def _similarity(vectors: np.ndarray | None, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return cosines, float32 (n_rows, n_others); NaN where one of the two is unknown."""
    if vectors is None:
        return np.full((len(rows), len(others)), np.nan, np.float32)
    known = np.abs(vectors).sum(1) > 0
    cosines = vectors[rows] @ vectors[others].T
    return np.where(known[rows][:, None] & known[others][None, :], cosines, np.float32(np.nan))


def _mean_known(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return the mean of what is known of two arrays; NaN where both are unknown."""
    mean = (one + two) / 2
    return np.where(np.isnan(one), two, np.where(np.isnan(two), one, mean))
