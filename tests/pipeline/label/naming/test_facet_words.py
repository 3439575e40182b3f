"""Facets in names."""

from __future__ import annotations

import pytest

from pipeline.label.naming.facet_words import facet_word, facet_words, facets_in_name, in_order
from tests.support.name_vocabulary import name_vocabulary, parts_of

VOCABULARY = name_vocabulary()


@pytest.mark.parametrize(
    ("key", "language", "word"),
    [
        ("decade:1970", "en", "1970s"),
        ("decade:1970", "de", "1970er"),
        ("era:classic", "en", "Classic"),
        ("country:IT", "es", "italianos|italianas"),
        ("language:es", "en", "Spanish-Language"),
        ("language:hi", "de", "Hindi-"),
        ("form:short", "en", "Short"),
        ("country:QQ", "en", None),
        ("language:zxx", "en", None),
        ("tone:dark", "en", None),
    ],
)
def test_words(key: str, language: str, word: str | None) -> None:
    assert facet_word(key, language) == word


def test_countries_are_one_compound() -> None:
    keys = ["decade:1970", "country:FR", "country:IT", "country:US"]
    assert facet_words(keys) == ["1970s", "French-Italian-American"]


def test_order_and_choice() -> None:
    own = parts_of(VOCABULARY, "form:short|language:hi|country:IN|era:silent|decade:1970").facets
    keys = [VOCABULARY[number].key for number in facets_in_name(own, VOCABULARY)]
    assert keys == ["decade:1970", "era:silent", "language:hi", "form:short"]
    everything = [VOCABULARY[number].key for number in in_order(own, VOCABULARY)]
    assert everything == ["decade:1970", "era:silent", "country:IN", "language:hi", "form:short"]
