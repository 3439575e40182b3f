"""Words of texts, phrases, and places of noun phrases."""

from __future__ import annotations

from pipeline.label.terms.grams import common_nouns_lowered, noun_phrases, words


def test_words_as_written() -> None:
    assert words("The crew's K-19, off Iceland (1961)!") == [
        "The",
        "crew's",
        "K-19",
        "off",
        "Iceland",
        "1961",
    ]
    assert words("l\u2019amour \u00e0 Gen\u00e8ve, _underlined_") == [
        "l\u2019amour",
        "\u00e0",
        "Gen\u00e8ve",
        "underlined",
    ]
    assert words(" ?! -- ") == []


def test_words_of_indic_scripts_are_whole() -> None:
    assert words("\u092b\u093f\u0932\u094d\u092e \u0939\u0948\u0964") == [
        "\u092b\u093f\u0932\u094d\u092e",
        "\u0939\u0948",
    ]


def test_noun_phrases_stand_between_a_determiner_and_a_function_word() -> None:
    clause = words("two shy bakers marry the blind king of a haunted house in France")
    phrases = ["blind king", "king", "haunted house", "house"]
    assert list(noun_phrases(clause, clause, "en")) == phrases
    clause = words("une femme aime le roi")
    assert list(noun_phrases(clause, clause, "fr")) == ["femme aime", "roi"]
    assert list(noun_phrases(clause, clause, "ru")) == []


def test_german_nouns_have_capitals() -> None:
    clause = ["Ein", "Polizist", "sucht", "die", "verschwundene", "Frau", "in", "Kiel"]
    lowered = common_nouns_lowered(clause, "de")
    phrases = list(noun_phrases(clause, lowered, "de"))
    assert phrases == ["polizist", "frau"]
