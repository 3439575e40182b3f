"""Adjectives of countries, languages and eras in names."""

from __future__ import annotations

import pytest

from pipeline.label.words.adjectives import (
    decade_word,
    era_word,
    place_word,
    spoken_word,
    with_adjective,
)
from pipeline.label.words.tables import LANGUAGES, read_tables

OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_the_commonest_countries_and_languages_have_words(language: str) -> None:
    tables = read_tables()
    assert len(tables.countries[language]) >= 25
    assert len(tables.languages[language]) >= 25
    for code in ("US", "GB", "FR", "DE", "IT", "JP", "IN"):
        assert place_word(code, language)
    for code in ("en", "fr", "hi", "ja", "yue"):
        assert spoken_word(code, language)


def test_english_words() -> None:
    assert place_word("HK") == "Hong Kong"
    assert spoken_word("hi") == "Hindi"
    assert place_word("XX") is None
    assert place_word("FR", "fi") is None


def test_adjectives_agree_in_gender() -> None:
    word = place_word("IT", "es")
    assert word is not None
    assert with_adjective(word, "Comedias románticas", "es") == "Comedias románticas italianas"
    assert with_adjective(word, "Dramas", "es") == "Dramas italianos"


def test_parts_of_compounds() -> None:
    word = spoken_word("hi", "de")
    assert word is not None
    assert with_adjective(word, "Dramen", "de") == "Hindi-Dramen"


@pytest.mark.parametrize("language", LANGUAGES)
def test_eras_and_decades(language: str) -> None:
    assert "1970" in decade_word(1970, language)
    for era in ("silent", "classic"):
        assert "|" not in with_adjective(era_word(era, language), "Dramas", language)


def test_feminine_words_are_first_words_of_forms() -> None:
    tables = read_tables()
    for language, words in tables.feminine.items():
        forms = [
            *tables.plurals[language].values(),
            *tables.pairs[language].values(),
            *tables.generic[language].values(),
        ]
        assert set(words) & {form.split()[0] for form in forms}
