"""Phrases in texts, as whole words in any inflection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.words.tokens import words_of
from pipeline.label.words.whole_words import WholeWords


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("ghost", "Two GHOSTS live here", True),
        ("ghost", "ghostwriter", False),
        ("haunted house", "a haunted-house tale", True),
        ("haunted house", "the house is haunted", False),
        ("wolf", "Wolves of the north", True),
        ("box", "a boxing match", False),
        ("martial arts", "Martial-arts school", True),
        ("gas", "a gas leak", True),
        ("gas", "ga", False),
        ("gangster boss", "a gangster", False),
        ("\u5438\u8840\u9b3c", "\u6050\u6016\u306a\u5438\u8840\u9b3c\u306e\u57ce", True),
        ("", "anything", False),
    ],
)
def test_a_phrase_is_found_as_whole_words(phrase: str, text: str, expected: bool) -> None:
    assert WholeWords([phrase]).are_in([text]) is expected


def test_words_of_two_texts_make_no_phrase() -> None:
    sought = WholeWords(["haunted house"])
    assert not sought.are_in(["haunted", "house", None, ""])
    assert sought.are_in([None, "x", "haunted house"])


def test_inflections_are_those_of_the_language() -> None:
    assert WholeWords(["Haus"], "de").are_in(["Die H\u00e4user der Stadt"])
    assert not WholeWords(["Haus"], "en").are_in(["Die H\u00e4user der Stadt"])


@given(st.lists(st.sampled_from(["ghost", "wolves", "of", "boxing", "Nazis"]), min_size=1))
def test_a_text_contains_each_part_of_itself(words: list[str]) -> None:
    text = " ".join(words)
    for start in range(len(words)):
        phrase = " ".join(words[start : start + 2])
        assert words_of(phrase) == words[start : start + 2]
        assert WholeWords([phrase]).are_in([text])
