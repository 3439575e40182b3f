"""Terms that no name contains."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.label.terms.film_terms import WORD_COUNTS
from pipeline.label.terms.usable import Unusable


@pytest.mark.parametrize(
    "term",
    ["france", "japanese", "1970s", "paris, france", "horror", "gritty", "one two three four five"],
)
def test_places_genres_numbers_and_adjectives_are_no_subjects(term: str) -> None:
    assert Unusable().is_unusable(term, "en")


@pytest.mark.parametrize(
    "term",
    [
        *("disturbed", "kiss", "hostility", "crying", "massachusetts", "florence", "tales"),
        *("lost film", "pre-code", "slice of life", "3d animation", "breaking the fourth wall"),
        *("little girl", "toxic relationship", "moral dilemma", "gay theme"),
    ],
)
def test_form_abstractions_places_and_persons_are_no_subjects(term: str) -> None:
    assert Unusable(with_keywords=True).is_unusable(term, "en")


@pytest.mark.parametrize("term", ["helicopter", "gas station", "university", "doll", "sword"])
def test_concrete_nouns_are_subjects(term: str) -> None:
    assert not Unusable(with_keywords=True).is_unusable(term, "en")


def test_words_of_three_letters_are_no_codes_of_languages() -> None:
    assert not any(Unusable().is_unusable(word, "en") for word in ("cop", "dog", "spy"))


def test_names_are_words_with_capitals() -> None:
    rows = [("york", 0, 9, 0), ("rose", 4, 9, 8), ("emma", 0, 0, 5), ("house", 9, 2, 0)]
    words = pa.table([list(column) for column in zip(*rows, strict=True)], schema=WORD_COUNTS)
    unusable = Unusable()
    names = unusable.names_among({"new york", "rose", "emma", "haunted house"}, words)
    assert names == {"york", "emma"}
    assert unusable.is_unusable("old york", "en", names)
    assert not unusable.is_unusable("york", "de", names), "German nouns have capitals"


def test_a_user_bans_words() -> None:
    assert not Unusable().is_unusable("submarine", "en")
    assert Unusable('[banned]\nen = ["submarine"]').is_unusable("submarine", "en")
