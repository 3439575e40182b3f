"""Function words of many languages, contractions, and the languages of a catalogue."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.label.terms.grams import words
from pipeline.label.words.stop_words import (
    catalogue_languages,
    determiners_of,
    has_contraction,
    is_stop_word,
    split_elision,
    stop_words_of,
)

CONTRACTED = words(
    "she's he's it's they're who's we're you've i'll he'd i'm don't couldn't won't can't let's "
    "that's there's what's ain't"
)


@pytest.mark.parametrize("apostrophe", ["'", "\u2019", "\u02bc", "`", "\u00b4"])
def test_a_contracted_function_word_is_a_stop_word(apostrophe: str) -> None:
    for word in CONTRACTED:
        written = word.replace("'", apostrophe)
        assert has_contraction(written) and is_stop_word(written), written


def test_contractions_without_their_apostrophe_are_stop_words() -> None:
    assert all(map(is_stop_word, ("shes", "theyre", "dont", "whos")))


@pytest.mark.parametrize("word", ["nurse's", "ship\u2019s", "o'clock", "well", "hell"])
def test_possessives_of_nouns_are_no_contractions(word: str) -> None:
    assert not has_contraction(word)


@pytest.mark.parametrize(
    ("language", "function_words", "theme"),
    [
        ("de", "der auf während obwohl mit einem", "polizist"),
        ("fr", "les dans pendant dont avec", "policier"),
        ("es", "los para mientras aunque desde", "policía"),
        ("it", "gli della mentre perché", "poliziotto"),
        ("pt", "uma para enquanto depois", "polícia"),
        ("nl", "het een terwijl omdat", "politieagent"),
        ("ru", "который после чтобы когда", "война"),
        ("sv", "och inte efter", "polis"),
        ("nb", "ikke etter", "politi"),
    ],
)
def test_stop_words_of_languages(language: str, function_words: str, theme: str) -> None:
    found = stop_words_of(language)
    assert set(function_words.split()) <= found
    assert theme not in found


def test_an_unknown_language_has_no_stop_words() -> None:
    assert stop_words_of("xx") == frozenset()
    assert determiners_of("en") == frozenset()
    assert "einem" in determiners_of("de")


def test_elided_articles_are_split() -> None:
    assert split_elision("l'homme") == ("l'", "homme")
    assert split_elision("qu\u2019elle") == ("qu\u2019", "elle")
    assert split_elision("dell'amore") == ("dell'", "amore")
    assert split_elision("o'clock") == ("", "o'clock")
    assert split_elision("she's") == ("", "she's")


def table(*codes: str | None) -> pa.Table:
    return pa.table({"text_language": pa.array(codes, pa.string())})


def test_languages_of_a_catalogue_are_those_of_a_twentieth_of_its_films() -> None:
    assert catalogue_languages([table(*["en"] * 60, "de"), table(*["fr"] * 8, None)]) == [
        "en",
        "fr",
    ]
    assert catalogue_languages([table(None)]) == []
    assert catalogue_languages([table("fr", "de")]) == ["de", "fr"]
