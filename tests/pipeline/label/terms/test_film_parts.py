"""The parts that are true of each film."""

from __future__ import annotations

from typing import Any

from pipeline.schemas.name_parts import FILM_PARTS
from tests.pipeline.label.terms.catalogue import films_of, mine

FILMS: list[dict[str, Any]] = [
    {"overview": "A ghost waits.", "keywords": ["ghost"], "genres": ["Horror", "Drama"]},
    {"overview": "Ghosts dance.", "genres": ["Musical"], "language": "hi"},
    {"overview": "Nothing.", "tagline": "See the ghost!", "genres": []},
    {"overview": "A ship sinks.", "genres": ["Drama"]},
]


def test_subjects_are_found_in_keywords_overview_and_tagline() -> None:
    parts, films = mine(FILMS)
    assert films.schema == FILM_PARTS
    assert films_of(parts, films, "ghost") == {"m0000", "m0001", "m0002"}
    assert films_of(parts, films, "ghost", "literal") == {"m0000", "m0001", "m0002"}
    assert films_of(parts, films, "Drama") == {"m0000", "m0003"}


def test_numbers_ascend_and_films_stay_in_their_order() -> None:
    _, films = mine(FILMS[:2], [{"movie_id": "z"} | FILMS[2], {"movie_id": "a"} | FILMS[3]])
    assert films["movie_id"].to_pylist() == ["m0000", "m0001", "z", "a"]
    for column in ("parts", "literal"):
        assert all(own == sorted(set(own)) for own in films[column].to_pylist())


def test_facets_of_few_films_are_no_parts() -> None:
    parts, _ = mine(FILMS)
    assert "language:hi" not in parts["key"].to_pylist()
    parts, films = mine(FILMS * 5)
    assert len(films_of(parts, films, "language:hi")) == 5
