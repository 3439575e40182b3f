"""Nouns and noun phrases."""

from __future__ import annotations

import pytest

from pipeline.label.terms.nouns import is_noun_phrase, tag_of


@pytest.mark.parametrize("verb", ["marry", "lose", "accuse", "kill"])
def test_verbs_are_no_nouns_wherever_they_stand(verb: str) -> None:
    assert not is_noun_phrase([verb], "en", 0.9)


def test_adjectives_stand_before_nouns_only() -> None:
    assert is_noun_phrase(["martial", "arts"], "en", 0.3)
    assert not is_noun_phrase(["surreal"], "en", 0.3)
    assert not is_noun_phrase(["house", "haunted"], "en", 0.3)


def test_words_that_the_tagger_does_not_know_need_more_evidence() -> None:
    assert tag_of("yakuza") is None
    assert is_noun_phrase(["yakuza"], "en", 0.4)
    assert not is_noun_phrase(["yakuza"], "en", 0.2)
    assert is_noun_phrase(["boulanger"], "fr", 0.4)
    assert not is_noun_phrase(["aime"], "fr", 0.1)


def test_adjectives_of_languages_without_articles_are_no_nouns() -> None:
    assert not is_noun_phrase(["kosmiczny"], "pl", 0.5)
    assert is_noun_phrase(["wampir"], "pl", 0.12)
    assert not is_noun_phrase(["vampire"], "fr", 0.12)  # articles are stronger evidence
