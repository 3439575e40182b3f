"""English subjects before a noun."""

from __future__ import annotations

import pytest

from pipeline.label.naming.attributives import (
    attributive,
    genre_roots,
    is_compound,
    joined_compound,
    singular,
)
from pipeline.label.words.subjects import subject_lexicon


@pytest.mark.parametrize(
    ("keyword", "written"),
    [
        ("vampires", "vampire"),
        ("police officers", "police-officer"),
        ("martial arts", "martial-arts"),
        ("civil rights", "civil rights"),
        ("werewolves", "werewolf"),
        ("circus", "circus"),
        ("1960s", "1960s"),
        ("father son relationship", "father-son"),
        ("mother-daughter relationship", "mother-daughter"),
        ("husband wife relationship", "husband-wife"),
        ("brother brother relationship", "brother"),
        ("family relationships", "family"),
        ("same sex relationship", "same-sex"),
        ("relationship problems", "relationship-problem"),
        ("gay theme", "gay"),
        ("zombie movie", "zombie"),
        ("paris, france", "paris"),
        ("mars (planet)", "mars"),
        ("based on novel or book", ""),
        ("inspired by true events", ""),
        ("coming of age", "coming-of-age"),
        ("post-apocalyptic future", "post-apocalyptic future"),
        ("women's prison", "women's prison"),
        ("terminally ill", "terminally ill"),
        ("nazi germany", "nazi germany"),
        ("19th century", "19th-century"),
    ],
)
def test_keywords_before_a_noun(keyword: str, written: str) -> None:
    assert joined_compound(attributive(keyword)) == written


def test_plurals_that_stay() -> None:
    words = ("arts", "sports", "politics", "news", "twins", "rights", "boss", "tennis")
    assert [singular(word) for word in words] == list(words)


def test_every_subject_of_the_lexicon_is_one_modifier() -> None:
    for subject in subject_lexicon().subjects:
        text = attributive(subject)
        assert text, subject
        assert attributive(text) == text, subject
        assert not is_compound(text) or joined_compound(text).count("-") == 1, subject


def test_roots_of_genres() -> None:
    assert "romantic" in genre_roots("Romance")
    assert genre_roots("Kung Fu") == {"kung", "fu"}
