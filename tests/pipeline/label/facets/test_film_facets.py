"""Facets of films from their metadata."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipeline.label.facets.film_facets import era_of, find_facets, story_words
from pipeline.schemas.lineage import LANGUAGES
from pipeline.schemas.mining import CLEAN_MOVIES, FACETS, validate


def facets_of(text_language: str | None = "en", **film: Any) -> dict[str, Any]:
    movies = pa.Table.from_pylist([{"movie_id": "1", **film}], schema=CLEAN_MOVIES)
    languages = pa.Table.from_pylist(
        [{"movie_id": "1", "text_language": text_language}], schema=LANGUAGES
    )
    found = find_facets(movies, languages)["facets"]
    return dict(validate(found, FACETS, name="facets").to_pylist()[0])


def test_codes_and_names_of_places_become_codes() -> None:
    found = facets_of(
        language="Hindi", countries=["India", "IN", "United States of America", "Atlantis"]
    )
    assert (found["language"], found["countries"]) == ("hi", ["IN", "US"])


def test_what_is_unknown_stays_unknown() -> None:
    found = facets_of(text_language=None)
    unknown = ("language", "text_language", "decade", "era")
    assert [found[name] for name in unknown] == [None] * 4
    assert found["countries"] == []
    assert not (found["documentary"] or found["animation"] or found["short"])
    assert found["thin"]


@pytest.mark.parametrize(("year", "decade"), [(1970, 1970), (1979, 1970), (2003, 2000)])
def test_a_decade_is_its_first_year(year: int, decade: int) -> None:
    assert facets_of(year=year)["decade"] == decade


def test_eras_end_where_usage_ends_them() -> None:
    years = (1895, 1929, 1930, 1965, 1966)
    assert [era_of(year) for year in years] == ["silent", "silent", "classic", "classic", None]


def test_a_keyword_makes_a_film_of_the_thirties_silent_and_no_later_one() -> None:
    assert facets_of(year=1934, keywords=["Silent  Film"])["era"] == "silent"
    assert facets_of(year=1934, keywords=["silent partner"])["era"] == "classic"
    assert facets_of(year=2011, keywords=["silent film"])["era"] is None


def test_form_is_read_from_genres_and_runtime() -> None:
    found = facets_of(genres=["Dokumentarfilm", "Cartoon"], runtime_minutes=40.0)
    assert found["documentary"] and found["animation"] and found["short"]
    assert not facets_of(runtime_minutes=0.0)["short"]
    assert not facets_of(runtime_minutes=41.0)["short"]


@pytest.mark.parametrize(
    "overview",
    [
        "Film starring Khursheed and Sitara Devi",
        "A 1987 Hindi movie.",
        "Ratnam is a 1992 Indian Malayalam film, directed by P Anil, starring Jagadish.",
    ],
)
def test_a_text_that_only_says_who_plays_is_thin(overview: str) -> None:
    assert facets_of(overview=overview)["thin"]


def test_keywords_of_a_theme_make_a_short_text_enough() -> None:
    overview = "A short film."
    assert not facets_of(overview=overview, keywords=["custody battle"])["thin"]
    assert facets_of(overview=overview, keywords=["woman director"])["thin"]


def test_a_story_in_any_script_is_not_thin() -> None:
    for language, overview in {
        "en": "Prince Rashid fights to regain his kingdom.",
        "de": "Ein Polizist sucht den Mörder seiner Tochter.",
        "ja": "少年が失われた王国を取り戻す。",
        "hi": "एक राजकुमार अपना खोया हुआ राज्य वापस जीतता है",
    }.items():
        assert not facets_of(language, overview=overview)["thin"], language


def test_names_and_stop_words_are_no_words_of_a_story() -> None:
    assert story_words("They love Raju and Simran", "en") == story_words("They love", "en")


def test_an_empty_partition_has_no_facets() -> None:
    found = find_facets(CLEAN_MOVIES.empty_table(), LANGUAGES.empty_table())["facets"]
    assert validate(found, FACETS, name="facets").num_rows == 0
