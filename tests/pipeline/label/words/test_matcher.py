"""The index of one language: phrases, their longest match, and its limits."""

from __future__ import annotations

from pipeline.label.words.matcher import Matcher
from pipeline.label.words.tables import Tables


def tables(**own: object) -> Tables:
    return Tables.model_validate(
        {
            "subjects": {
                "en": {"school": ["pupil"], "high school": ["prom"], "bat": [], "ball": []},
                "fr": {"school": ["école", "écolier"]},
                "ja": {"school": ["学校", "スクール"]},
            },
            "senses": {"en": {"bat": [{"subject": "ball", "with": ["ball game"]}]}},
            **own,
        }
    )


def test_the_longest_phrase_counts() -> None:
    matcher = Matcher(tables(), "en")
    assert matcher.find(["a", "high", "school"]) == {"high school"}
    assert matcher.find(["a", "school", "high", "up"]) == {"school"}
    assert matcher.find(["high", ".", "school"]) == {"school"}


def test_a_context_of_two_words_stands_together() -> None:
    matcher = Matcher(tables(), "en")
    assert matcher.find(["a", "bat", "in", "the", "ball", "game"]) == {"ball"}
    assert matcher.find(["a", "bat", "and", "no", "game"]) == set()
    assert matcher.find(["bat"], ["ball", "game"]) == {"ball"}


def test_inflections_of_other_languages() -> None:
    matcher = Matcher(tables(), "fr")
    assert matcher.find(["les", "écoles", "des", "écoliers"]) == {"school"}


def test_phrases_inside_texts_without_spaces() -> None:
    matcher = Matcher(tables(), "ja")
    assert matcher.find(["小学校の先生"]) == {"school"}
    assert matcher.find(["プレスクール"]) == set()  # inside a longer word of Katakana


def test_whole_phrases() -> None:
    matcher = Matcher(tables(), "en")
    assert matcher.whole(["Proms"]) == "high school"
    assert matcher.whole(["high", "schools"]) == "high school"
    assert matcher.whole(["the", "school"]) is None
    assert matcher.whole([]) is None
    assert Matcher(tables(), "ja").whole(["学校"]) == "school"
