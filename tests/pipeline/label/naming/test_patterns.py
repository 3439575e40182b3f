"""The data of names is complete."""

from __future__ import annotations

from string import Formatter

import pytest

from pipeline.label.naming.patterns import english_rules, naming_data, place_rules
from pipeline.label.words.tables import LANGUAGES, read_tables


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_pattern(language: str) -> None:
    data = naming_data()
    assert data["short"][language]
    own = data["descriptions"][language]
    english = data["descriptions"]["en"]
    for key in set(english) - {"about"}:
        assert _fields(own[key]) == _fields(english[key]), key
    if language != "en":
        assert _fields(data["two_subjects"][language]) == {"first", "second"}
        assert _fields(data["apart"][language]) == {"form", "subject"}


def test_rules_name_genres_of_the_lexicon() -> None:
    assert set(english_rules().roots) >= set(read_tables().attributives["en"]) - {
        "Biography",
        "Film-Noir",
    }
    assert place_rules().world_languages


def _fields(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}
