"""What is known of films that are not in a release."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.cleaning.language import detect_languages
from pipeline.inference.known_films import KnownFilm, known_films
from pipeline.schemas.mining import CLEAN_MOVIES

STORY = "A brother and sister buy an old house on the cliffs and meet the ghost of its owner."


def known(**facts: Any) -> KnownFilm:
    row = {"movie_id": "1", "title": "?", "overview": STORY} | facts
    films = pa.Table.from_pylist([row], CLEAN_MOVIES)
    (film,) = known_films(films, detect_languages(films)["languages"])
    return film


def test_genres_are_folded_and_facets_found() -> None:
    film = known(genres=["Horrorfilm"], year=1944, language="English", countries=["GB"])
    assert film.genres == {"Horror"}
    assert film.facets == {"decade:1940", "era:classic", "language:en", "country:GB"}
    assert film.unknown == frozenset()
    assert film.language == "en"


def test_of_a_bare_text_only_its_language_is_known() -> None:
    film = known()
    assert film.unknown == {"genre", "decade", "era", "language", "country", "form"}
    assert film.facets == frozenset()
    assert not film.tagged and not film.thin


def test_a_later_year_is_known_to_be_of_no_era() -> None:
    assert not {"era", "decade"} & known(year=1994).unknown


def test_a_running_time_or_a_genre_says_whether_a_film_is_short() -> None:
    assert "form" not in known(runtime_minutes=12.0).unknown
    assert "form:short" in known(runtime_minutes=12.0).facets
    assert "form" not in known(genres=["Drama"]).unknown


def test_little_is_known_of_a_film_without_story_or_keywords() -> None:
    assert known(overview="Film starring Sitara Devi.").thin
    tagged = known(overview="Film starring Sitara Devi.", keywords=["haunted house"])
    assert tagged.tagged and not tagged.thin


def test_films_stay_in_their_order_and_none_gives_none() -> None:
    rows = [
        {"movie_id": str(n), "overview": STORY, "genres": [genre]}
        for n, genre in enumerate(["Horror", "Comedy"])
    ]
    films = pa.Table.from_pylist(rows, CLEAN_MOVIES)
    languages = detect_languages(films)["languages"]
    assert [sorted(film.genres) for film in known_films(films, languages)] == [
        ["Horror"],
        ["Comedy"],
    ]
    assert known_films(films.slice(0, 0), languages.slice(0, 0)) == []
