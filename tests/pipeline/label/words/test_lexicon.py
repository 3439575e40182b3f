"""Words that no name contains, and when two names have the same form."""

from __future__ import annotations

import pytest

from pipeline.label.words.lexicon import is_boilerplate, lemma, normal_form, word_set
from pipeline.label.words.tables import LANGUAGES, read_tables


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
        assert not is_boilerplate(word)


def test_lists_are_lower_case() -> None:
    tables = read_tables()
    for table in (tables.boilerplate, tables.boilerplate_phrases, tables.moods, tables.stop_words):
        for words in table.values():
            assert all(word == word.lower().strip() and word for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_boilerplate(language: str) -> None:
    tables = read_tables()
    assert tables.boilerplate[language]
    assert all(is_boilerplate(word, language) for word in tables.boilerplate_phrases[language])


def test_english_boilerplate_counts_in_other_languages() -> None:
    assert is_boilerplate("sequel", "de")
    assert is_boilerplate("based on novel or book", "ru")
    assert not is_boilerplate("polizist", "de")


def test_a_user_adds_boilerplate() -> None:
    extra = '[boilerplate_phrases]\nen = ["midnight screening"]'
    assert is_boilerplate("midnight screening of the year", extra=extra)
    assert not is_boilerplate("midnight screening of the year")


def test_normal_forms_by_language() -> None:
    assert normal_form("Die Häuser der Vampire", "de") == normal_form("Vampir Haus", "de")
    assert normal_form("Дома вампиров", "ru") == normal_form("вампир и дом", "ru")
    assert normal_form("लड़कियों का घर", "hi") == normal_form("घर लड़की", "hi")


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
