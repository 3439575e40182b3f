"""Phrases of English names."""

from __future__ import annotations

from pipeline.label.naming.reading.english_index import NameIndex, name_tokens
from tests.support.name_vocabulary import name_vocabulary, parts_of

VOCABULARY = name_vocabulary()


def test_words_are_lemmas_and_hyphens_are_known() -> None:
    tokens, inside = name_tokens("Women's-Prison & Kung-Fu Movies")
    assert tokens[2:] == ["&", "kung", "fu", "movie"]
    assert inside == [False, True, False, False, True, False]


def test_forms_of_one_and_two_genres() -> None:
    index = NameIndex(VOCABULARY)
    pair = parts_of(VOCABULARY, "Romance|Comedy").genres
    assert index.forms["romantic", "comedy"] == (pair, True)
    assert index.forms["romance", "&", "comedy"] == (pair, False)
    assert index.forms["story",] == ((), False)
    horror = parts_of(VOCABULARY, "Horror").genres
    assert index.forms["horror",] == index.forms["horror", "film"] == (horror, False)


def test_terms_and_words_mean_their_subject() -> None:
    index = NameIndex(VOCABULARY)
    ghost = parts_of(VOCABULARY, "ghost").subjects[0]
    assert index.subjects["phantom",] == (ghost, ghost)
    spectre = VOCABULARY.number_of("word", "spectre")
    assert index.subjects["spectre",] == (ghost, spectre)
