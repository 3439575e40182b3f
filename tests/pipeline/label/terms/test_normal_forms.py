"""Normal forms of terms."""

from __future__ import annotations

import pytest

from pipeline.label.terms.normal_forms import normal_form


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("base-ball", "baseball", "en"),
        ("haunted house", "haunted-houses", "en"),
        ("policemen", "policeman", "en"),
        ("ship's crew", "ship crew", "en"),
        ("h\u00e4user", "haus", "de"),
    ],
)
def test_spellings_and_plurals_are_the_same(one: str, other: str, language: str) -> None:
    assert normal_form(one, language) == normal_form(other, language)


@pytest.mark.parametrize(
    ("one", "other"), [("boxing", "box"), ("haunted", "haunt"), ("war", "wars x")]
)
def test_other_words_are_not(one: str, other: str) -> None:
    assert normal_form(one, "en") != normal_form(other, "en")
