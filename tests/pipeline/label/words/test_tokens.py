"""Words of texts and their lemmas, by language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.words.tokens import fold, lemma, tokens, words_of


def test_signs_are_tokens_and_hyphens_are_not() -> None:
    assert tokens("A haunted-house tale: eerie!") == [
        "A",
        "haunted",
        "house",
        "tale",
        ":",
        "eerie",
        "!",
    ]
    assert words_of("L'amour, toujours.") == ["L", "amour", "toujours"]


def test_signs_of_vowels_are_part_of_words() -> None:
    assert tokens("लड़कियों का घर।") == ["लड़कियों", "का", "घर", "।"]


@pytest.mark.parametrize(
    ("word", "language", "base"),
    [
        ("Nonnen", "de", "nonne"),
        ("ermittelte", "de", "ermitteln"),
        ("détectives", "fr", "détective"),
        ("vampiros", "es", "vampiro"),
        ("suore", "it", "suora"),
        ("freiras", "pt", "freira"),
        ("вампиров", "ru", "вампир"),
        ("लड़के", "hi", "लड़का"),
        ("吸血鬼", "ja", "吸血鬼"),
        ("WOLVES", "en", "wolf"),
    ],
)
def test_lemma_by_language(word: str, language: str, base: str) -> None:
    assert lemma(word, language) == fold(base)


@given(st.text(max_size=30))
def test_any_text_has_words_of_itself(text: str) -> None:
    assert all(word in text and word for word in tokens(text))
    assert [word for word in tokens(text) if word in words_of(text)] == words_of(text)


@given(st.text(max_size=12))
def test_folding_twice_is_folding_once(word: str) -> None:
    assert fold(fold(word)) == fold(word)
