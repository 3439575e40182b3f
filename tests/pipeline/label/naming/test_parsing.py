"""Names are read back into parts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.naming.grammar import print_name, printed_parts
from pipeline.label.naming.parsing import parse_name
from pipeline.label.words.tables import LANGUAGES
from pipeline.schemas.name_parts import NameParts
from tests.support.name_vocabulary import FACETS, GENRES, SUBJECTS, name_vocabulary, parts_of

VOCABULARY = name_vocabulary()
# "Kung Fu Films" are also those of a genre of the catalogue.
UNLIKE_SUBJECTS = tuple(key for key in SUBJECTS if key != "kung fu")


def _numbers(kind: str, keys: tuple[str, ...]) -> list[int]:
    found = [VOCABULARY.number_of(kind, key) for key in keys]
    return [number for number in found if number is not None]


UNLIKE_PARTS = st.builds(
    NameParts,
    st.lists(st.sampled_from(_numbers("subject", UNLIKE_SUBJECTS)), max_size=2, unique=True).map(
        tuple
    ),
    st.lists(st.sampled_from(_numbers("genre", GENRES[:-1])), max_size=2, unique=True).map(tuple),
    st.booleans(),
    st.lists(st.sampled_from(_numbers("facet", FACETS)), max_size=3, unique=True).map(tuple),
)


@settings(deadline=None)  # the first example reads the lexicon
@given(UNLIKE_PARTS)
def test_what_is_printed_is_read_again(parts: NameParts) -> None:
    name = print_name(parts, VOCABULARY)
    assert parse_name(name, VOCABULARY) == printed_parts(parts, VOCABULARY)


@given(UNLIKE_PARTS, st.sampled_from([code for code in LANGUAGES if code != "en"]))
def test_other_languages_state_the_same_parts(parts: NameParts, language: str) -> None:
    name = print_name(parts, VOCABULARY, language)
    found = parse_name(name, VOCABULARY, language)
    assert found is not None
    assert found.facets == printed_parts(parts, VOCABULARY, language).facets


@pytest.mark.parametrize(
    ("name", "keys", "every"),
    [
        ("Haunted House Horror Movies", "haunted house|Horror", False),
        ("The Haunted Houses", "haunted house", False),
        ("Phantoms & Nuns", "ghost|nun", False),
        ("Horror-Comedies", "Horror|Comedy", True),
        ("Horror Comedy", "Horror|Comedy", True),
        ("Comedies and Dramas", "Comedy|Drama", False),
        ("Romantic Comedies 2", "Romance|Comedy", True),
        ("Heist Crime Story", "heist|Crime", False),
        ("Silent French Westerns", "era:silent|country:FR|Western", False),
        ("Civil War Film", "civil war|War", False),
        ("Wolves of New York City", "wolf|new york city", False),
        ("1970s Hindi Movies", "decade:1970|language:hi", False),
        ("Western", "Western", False),
    ],
)
def test_names_of_others(name: str, keys: str, every: bool) -> None:
    parts = parts_of(VOCABULARY, keys, every)
    assert parse_name(name, VOCABULARY) == printed_parts(parts, VOCABULARY)


@pytest.mark.parametrize("name", ["Norsemen Dramas", "1980s Horror", "Tender Vampires", "", "Of"])
def test_a_name_with_other_words_is_not_read(name: str) -> None:
    assert parse_name(name, VOCABULARY) is None


def test_the_word_of_a_name_is_known() -> None:
    parts = parse_name("Cop Thrillers", VOCABULARY)
    assert parts is not None
    assert [VOCABULARY[number].key for number in parts.words] == ["cop"]
    assert [VOCABULARY[number].key for number in parts.subjects] == ["police officer"]
    assert print_name(parts, VOCABULARY) == "Cop Thrillers"
