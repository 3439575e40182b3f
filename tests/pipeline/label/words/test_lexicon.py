"""Words that no name contains, and when two names have the same form."""

from __future__ import annotations

import pytest

from pipeline.label.words.lexicon import (
    BOILERPLATE,
    STOP_WORDS,
    is_boilerplate,
    lemma,
    normal_form,
    word_set,
)


def test_word_set_has_each_word_once() -> None:
    assert word_set("  a b\n  a ") == frozenset({"a", "b"})


@pytest.mark.parametrize(
    "term",
    [
        "sequel",
        "aftercreditsstinger",
        "duringcreditsstinger",
        "based on novel or book",
        "based on true story",
        "woman director",
        "remake",
        "anime",
        "action comedy",  # all of its words are
        "independent film",
        "mean spirited",
        "tense",
        "suspenseful",
        "stop motion",
        "marvel cinematic universe (mcu)",
        "dracula",
        "king arthur's knights",
        "post-credits scene",
        "nonlinear timeline",
    ],
)
def test_boilerplate(term: str) -> None:
    assert is_boilerplate(term)


@pytest.mark.parametrize(
    "term",
    [
        "submarine",
        "cold war",
        "western town",
        "film noir detective",
        "sequel to a war",
        "partisan",  # not "part of"
        "remaker",
        "mcubed",  # a boilerplate phrase counts as whole words only
        "bonding",
        "spy",
    ],
)
def test_themes_are_no_boilerplate(term: str) -> None:
    assert not is_boilerplate(term)


def test_genres_that_are_themes_may_be_keywords() -> None:
    for word in ("western", "musical", "animation", "lgbt", "black"):
        assert word not in BOILERPLATE
        assert not is_boilerplate(word)


def test_lists_are_lower_case() -> None:
    for words in (BOILERPLATE, STOP_WORDS):
        assert all(word == word.lower().strip() and word for word in words)


@pytest.mark.parametrize(
    ("word", "base"),
    [("wolves", "wolf"), ("Submarines", "submarine"), ("cities", "city"), ("hunted", "hunt")],
)
def test_lemma(word: str, base: str) -> None:
    assert lemma(word) == base


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Submarine War Thriller", "War Submarine Thriller"),  # order
        ("Wolf Horror", "Wolves Horror"),  # number
        ("Ghost Hunt Horror", "Ghosts Hunted Horror"),  # inflection
        ("The Wars of the Planets", "War Planet"),  # small words
        ("COLD WAR", "cold war"),
    ],
)
def test_same_name(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Space Horror", "Space Thriller"), ("Films 2", "Films 3"), ("Films", "Films 2")],
)
def test_other_name(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def test_small_words_alone_have_an_empty_form() -> None:
    assert normal_form("the of and") == frozenset()
    assert normal_form("?!") == frozenset()
