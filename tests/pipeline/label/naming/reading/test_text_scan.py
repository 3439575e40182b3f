"""Names in other languages are read."""

from __future__ import annotations

import pytest

from pipeline.label.naming.reading.text_scan import scan_name
from tests.support.name_vocabulary import name_vocabulary, parts_of

VOCABULARY = name_vocabulary()


@pytest.mark.parametrize(
    ("language", "name", "keys", "every"),
    [
        ("de", "Klassische Hindi-Dramen", "era:classic|language:hi|Drama", False),
        ("de", "Vampir-Horrorfilme", "vampire|Horror", False),
        ("es", "Comedias de vampiros", "vampire|Comedy", False),
        ("fr", "Comédies romantiques des années 1970", "decade:1970|Romance|Comedy", True),
        ("ja", "1970年代の香港吸血鬼ホラー", "decade:1970|country:HK|vampire|Horror", False),
    ],
)
def test_printed_names(language: str, name: str, keys: str, every: bool) -> None:
    found = scan_name(name, VOCABULARY, language)
    assert found is not None
    expected = parts_of(VOCABULARY, keys, every)
    assert (found.subjects, set(found.genres)) == (expected.subjects, set(expected.genres))
    assert (found.every_genre, found.facets) == (expected.every_genre, expected.facets)


@pytest.mark.parametrize(
    ("language", "name"),
    [("de", "Zarte Dramen"), ("ja", "静かなドラマ"), ("fr", "vampires"), ("es", "")],
)
def test_other_words(language: str, name: str) -> None:
    assert scan_name(name, VOCABULARY, language) is None
