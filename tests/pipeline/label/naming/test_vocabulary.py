"""Parts by number and key."""

from __future__ import annotations

import pytest

from tests.support.name_vocabulary import FACETS, GENRES, name_vocabulary


def test_parts_are_found_by_number_and_key() -> None:
    vocabulary = name_vocabulary()
    number = vocabulary.number_of("genre", "Horror")
    assert number is not None
    assert vocabulary[number].key == "Horror"
    assert number in vocabulary
    assert len(vocabulary) not in vocabulary
    assert vocabulary.number_of("subject", "Horror") is None
    with pytest.raises(KeyError):
        vocabulary[len(vocabulary)]


def test_parts_of_one_kind_are_in_order() -> None:
    vocabulary = name_vocabulary()
    assert tuple(part.key for part in vocabulary.genres) == GENRES
    assert tuple(part.key for part in vocabulary.facets) == FACETS
    assert {vocabulary[part.same_as].key for part in vocabulary.words} == {
        "ghost",
        "police officer",
    }
