"""Why a film is recommended: which film that was rated high leads to it, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.models.baselines import film_space

__all__ = ["Explainer"]

_HIGH = 3.5
_ALIKE = 0.25  # cosine from which two films are said to be about alike things


class Explainer:
    """Reasons over one set of films; what it needs of them is worked out once."""

    def __init__(self, films: Films) -> None:
        self._films, self._space = films, film_space(films)

    def reasons(self, profile: sparse.csr_matrix, rows: Sequence[int]) -> list[dict[str, Any]]:
        """For each film, by row: the rated film nearest to it, what both are, and a sentence.

        Parameters
        ----------
        profile : CSR (1, films), the stars that the user gave.
        """
        films = self._films
        high = profile.data >= _HIGH
        rated, stars = profile.indices[high], profile.data[high]
        if not len(rated):
            return [self._unknown(row) for row in rows]
        wanted = np.asarray(rows)
        alike = self._space[wanted] @ self._space[rated].T
        same = (films.cluster[wanted][:, None] == films.cluster[rated][None, :]) & (
            films.cluster[wanted][:, None] >= 0
        )
        shared = films.genres[wanted] @ films.genres[rated].T
        weight = alike + 0.5 * same + 0.05 * shared + 0.05 * (stars[None, :] - _HIGH)
        best = weight.argmax(1)
        found = []
        for at, row in enumerate(rows):
            one = int(best[at])
            other = int(rated[one])
            found.append(
                self._told(
                    int(row), other, float(stars[one]), bool(same[at, one]), float(alike[at, one])
                )
            )
        return found

    def _told(self, row: int, other: int, stars: float, same: bool, alike: float) -> dict[str, Any]:
        films = self._films
        both = [
            name
            for g, name in enumerate(films.genre_names)
            if films.genres[row, g] and films.genres[other, g]
        ]
        name = films.cluster_names.get(int(films.cluster[row]))
        if same:
            shared = f"both are {name}"
        elif alike >= _ALIKE:
            shared = "both are about alike things"
        elif both:
            shared = f"both are {' and '.join(both[:2])}"
        else:
            shared = "who rates it high often watches this one too"
        return {
            "because_of": films.titles[other],
            "because_of_film_id": int(films.ids[other]),
            "stars": stars,
            "same_micro_genre": name if same else None,
            "genres": both,
            "similarity": round(alike, 4),
            "text": f"because you rated {films.titles[other]} {stars:g} of 5; {shared}",
        }

    def _unknown(self, row: int) -> dict[str, Any]:
        name = self._films.cluster_names.get(int(self._films.cluster[row]))
        text = "many have watched and liked it" + (f"; it is one of {name}" if name else "")
        return {
            "because_of": None,
            "because_of_film_id": None,
            "stars": None,
            "same_micro_genre": None,
            "genres": [],
            "similarity": None,
            "text": text,
        }
