"""Whether a name is true of a film, by the columns of its micro-genre."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipeline.label.facets.facet_keys import facet_keys
from pipeline.label.facets.film_facets import find_facets
from pipeline.label.shelves.name_holds import name_holds
from pipeline.schemas.lineage import LANGUAGES
from pipeline.schemas.mining import CLEAN_MOVIES, MICRO_GENRES, fill_later_columns

FILM = {
    "movie_id": "1",
    "title": "The Uninvited",
    "year": 1944,
    "overview": "A brother and sister buy a house and meet its ghosts.",
    "genres": ["Horror", "Mystery"],
    "keywords": ["cornwall"],
    "language": "en",
    "countries": ["US"],
    "runtime_minutes": 99.0,
}


def keys_of(film: dict[str, Any]) -> frozenset[str]:
    movies = pa.Table.from_pylist([film], CLEAN_MOVIES)
    languages = pa.Table.from_pylist([{"movie_id": "1", "text_language": "en"}], LANGUAGES)
    return frozenset(facet_keys(find_facets(movies, languages)["facets"])[1])


def named(**parts: Any) -> dict[str, Any]:
    return fill_later_columns({"cluster": 0, **parts}, MICRO_GENRES)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"subjects": ["ghost"], "form_genres": ["Horror"]}, True),
        ({"subjects": ["ghost", "nun"]}, True),  # of joined subjects one suffices
        ({"subjects": ["nun"], "subject_terms": ["nun", "convent"]}, False),
        ({"subjects": ["spirit"], "subject_terms": ["ghost"]}, True),
        ({"form_genres": ["Horror", "Comedy"]}, True),
        ({"form_genres": ["Horror", "Comedy"], "every_genre": True}, False),
        ({"form_genres": ["Horror", "Mystery"], "every_genre": True}, True),
        ({"facets": ["era:classic", "language:en", "country:US", "decade:1940"]}, True),
        ({"facets": ["era:classic", "country:GB"]}, False),
        ({"subjects": ["ghost"], "facets": ["form:short"]}, False),
        ({}, None),
    ],
)
def test_every_part_of_the_name_must_be_true(parts: dict[str, Any], expected: bool | None) -> None:
    assert name_holds(named(**parts), FILM, keys_of(FILM)) is expected


def test_a_film_without_metadata_meets_no_part() -> None:
    bare = {"movie_id": "1", "title": "?", "overview": None, "genres": None, "keywords": None}
    assert keys_of(bare) == frozenset()
    for parts in ({"subjects": ["ghost"]}, {"form_genres": ["Horror"]}, {"facets": ["era:silent"]}):
        assert name_holds(named(**parts), bare, keys_of(bare)) is False


def test_a_short_film_is_known_by_its_length() -> None:
    assert "form:short" in keys_of(FILM | {"runtime_minutes": 12.0})


def test_a_release_of_an_earlier_version_does_not_know_the_parts() -> None:
    assert name_holds({"micro_genre_name": "Ghost Horror"}, FILM, frozenset()) is None
