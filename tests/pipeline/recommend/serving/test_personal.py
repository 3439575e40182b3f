"""The films of a person among those of a recommender."""

from __future__ import annotations

import pyarrow as pa

from pipeline.recommend.serving.personal import link_person
from pipeline.schemas.ratings import FILMS
from pipeline.sources.movielens.personal import PersonalRating

ROWS = [
    {"film_id": 7, "title": "Waltz Nine, The", "year": 2001, "imdb_id": "tt9990002"},
    {"film_id": 8, "title": "Salt Lamp", "year": 1995, "imdb_id": "tt9990001", "tmdb_id": "12"},
    {"film_id": 9, "title": "Salt Road", "year": 1996},
]
TABLE = pa.Table.from_pylist(ROWS, FILMS)


def test_films_are_found_by_ids_and_by_title() -> None:
    person = [
        PersonalRating("Der neunte Walzer", 2001, 4.0, imdb_id="tt9990002"),
        PersonalRating("Salt Lamp", 1995, 3.0, tmdb_id="12"),
        PersonalRating("Salt Road", 1996, 2.0),
        PersonalRating("Salt Road", 1997, 1.0, imdb_id="tt1234567"),
    ]
    known = link_person(person, TABLE)
    assert known.rated == [(7, 4.0), (8, 3.0), (9, 2.0)]
    assert [one.year for one in known.unlinked] == [1997]


def test_the_last_stars_of_a_film_count_and_watching_does_not_erase_them() -> None:
    person = [
        PersonalRating("Salt Lamp", 1995, 3.0),
        PersonalRating("Salt Lamp", 1995, 5.0),
        PersonalRating("Salt Lamp", 1995, None),
        PersonalRating("Salt Road", 1996, None),
    ]
    known = link_person(person, TABLE)
    assert known.rated == [(8, 5.0)] and known.watched == [8, 9]
    assert not known.unlinked
