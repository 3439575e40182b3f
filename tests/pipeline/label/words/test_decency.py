"""Words that names do not print."""

from __future__ import annotations

import pytest

from pipeline.label.words.decency import is_abstract, is_banned, is_tone


@pytest.mark.parametrize("phrase", ["pedophile", "Pedophile Dramas", "redskins", "gang rape"])
def test_words_that_demean_are_never_printed(phrase: str) -> None:
    assert is_banned(phrase)
    assert is_banned(phrase, adult=True)


@pytest.mark.parametrize("phrase", ["softcore", "Softcore Comedies", "erotic thriller"])
def test_words_of_sex_are_printed_without_the_adult_filter(phrase: str) -> None:
    assert is_banned(phrase)
    assert not is_banned(phrase, adult=True)


@pytest.mark.parametrize("phrase", ["murder", "friendship", "Essex", "grape harvest", "Sussex"])
def test_other_words_are_printed(phrase: str) -> None:
    assert not is_banned(phrase)


def test_other_languages() -> None:
    assert is_banned("puta", "es")
    assert is_banned("Dramaty: dziwki", "pl")
    assert not is_banned("porno", "pl", adult=True)
    assert is_banned("ロマンポルノ作品", "ja")
    assert not is_banned("ロマンポルノ作品", "ja", adult=True)
    assert is_banned("softcore", "de")
    assert not is_banned("Vampir", "de")


@pytest.mark.parametrize("phrase", ["symbolism", "past", "life", "love story", "relationships"])
def test_abstractions_are_no_subjects(phrase: str) -> None:
    assert is_abstract(phrase)


@pytest.mark.parametrize("phrase", ["friendship", "murder", "brothers", "family secret"])
def test_subjects_are_no_abstractions(phrase: str) -> None:
    assert not is_abstract(phrase)


def test_tones() -> None:
    assert is_tone("feel-good")
    assert is_tone("düster", "de")
    assert not is_tone("submarine")


def test_a_user_bans_a_word() -> None:
    extra = '[banned]\nen = ["clown"]'
    assert is_banned("Clown Horror", extra=extra)
    assert not is_banned("Clown Horror")
