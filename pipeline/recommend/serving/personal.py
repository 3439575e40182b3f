"""The films of a person's export among the films of a recommender, by ids, else title and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.recommend.data.films import listed
from pipeline.recommend.data.linking import FilmList, link_lists
from pipeline.sources.movielens.personal import PersonalRating

__all__ = ["PersonalProfile", "link_person"]


@dataclass(frozen=True)
class PersonalProfile:
    """What a recommender knows of a person.

    Attributes
    ----------
    rated : list of (int, float)
        Id of a film, and stars.
    watched : list of int
        Ids of films that the person has seen, rated or not.
    unlinked : list of PersonalRating
        Rated films that the recommender does not know.
    """

    rated: list[tuple[int, float]]
    watched: list[int]
    unlinked: list[PersonalRating]


def link_person(person: Sequence[PersonalRating], films: pa.Table) -> PersonalProfile:
    """Find the films of a person among those of a recommender.

    Parameters
    ----------
    person : sequence of PersonalRating
        From `read_personal_ratings`; the last stars of a film count.
    films : pa.Table of FILMS
        The films that the recommender learnt from.

    Returns
    -------
    PersonalProfile
        In the order of `person`.
    """
    distinct: dict[tuple[object, ...], PersonalRating] = {}
    for one in person:
        key = (one.title.casefold(), one.year, one.imdb_id, one.tmdb_id)
        if one.stars is not None or key not in distinct:
            distinct[key] = one
    theirs = list(distinct.values())
    wanted = FilmList(
        [one.title for one in theirs],
        [one.year for one in theirs],
        {"tmdb": [one.tmdb_id for one in theirs], "imdb": [one.imdb_id for one in theirs]},
    )
    rows, _ = link_lists(wanted, listed(films))
    ids = films.column("film_id").to_pylist()
    stars: dict[int, float] = {}
    watched: dict[int, None] = {}
    unlinked = []
    for one, row in zip(theirs, rows.tolist(), strict=True):
        if row < 0:
            if one.stars is not None:
                unlinked.append(one)
            continue
        watched[ids[row]] = None
        if one.stars is not None:
            stars[ids[row]] = one.stars
    return PersonalProfile(list(stars.items()), list(watched), unlinked)
