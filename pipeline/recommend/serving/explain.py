"""Reasons for recommendations: a film that the user rated high, and what both films share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.documents import Reason
from pipeline.recommend.models.baselines import content_vectors

__all__ = ["Explainer"]

_HIGH = 3.5  # stars
_SIMILAR = 0.25  # cosine from which two films count as similar in content


class Explainer:
    """Explains recommendations; computes the content vectors of the films once.

    Parameters
    ----------
    films : Films
        Films in the column order of the profiles.
    """

    def __init__(self, films: Films) -> None:
        self._films, self._vectors = films, content_vectors(films)

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
        rated, stars = profile.indices[high], profile.data[high]
        if not len(rated):
            return [self._explain_without_profile(row) for row in rows]
        wanted = np.asarray(rows)
        similarity = self._vectors[wanted] @ self._vectors[rated].T
        same = (films.cluster[wanted][:, None] == films.cluster[rated][None, :]) & (
            films.cluster[wanted][:, None] >= 0
        )
        shared = films.genres[wanted] @ films.genres[rated].T
        weight = similarity + 0.5 * same + 0.05 * shared + 0.05 * (stars[None, :] - _HIGH)
        best = weight.argmax(1)
        return [
            self._describe(
                int(row),
                int(rated[best[at]]),
                float(stars[best[at]]),
                bool(same[at, best[at]]),
                float(similarity[at, best[at]]),
            )
            for at, row in enumerate(rows)
        ]

    def _describe(
        self, row: int, other: int, stars: float, same: bool, similarity: float
    ) -> Reason:
        films = self._films
        both = [
            name
            for g, name in enumerate(films.genre_names)
            if films.genres[row, g] and films.genres[other, g]
        ]
        name = films.cluster_names.get(int(films.cluster[row]))
        if same:
            shared = f"both are {name}"
        elif similarity >= _SIMILAR:
            shared = "both are about similar things"
        elif both:
            shared = f"both are {' and '.join(both[:2])}"
        else:
            shared = "people who like it often watch this one too"
        return {
            "because_of": films.titles[other],
            "because_of_film_id": int(films.ids[other]),
            "stars": stars,
            "same_micro_genre": name if same else None,
            "genres": both,
            "similarity": round(similarity, 4),
            "text": f"because you rated {films.titles[other]} {stars:g} of 5; {shared}",
        }

    def _explain_without_profile(self, row: int) -> Reason:
        name = self._films.cluster_names.get(int(self._films.cluster[row]))
        text = "many have watched and liked it" + (f"; it belongs to {name}" if name else "")
        return {
            "because_of": None,
            "because_of_film_id": None,
            "stars": None,
            "same_micro_genre": None,
            "genres": [],
            "similarity": None,
            "text": text,
        }
