"""Names are written as a programme prints them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.naming.grammar import (
    MOST_CHARACTERS,
    MOST_WORDS,
    print_name,
    printed_parts,
)
from pipeline.label.words.tables import LANGUAGES
from pipeline.schemas.name_parts import NameParts
from tests.support.name_vocabulary import name_vocabulary, parts_of

VOCABULARY = name_vocabulary()
NUMBERS = {
    kind: [part.number for part in own]
    for kind, own in (
        ("subject", list(VOCABULARY.subjects)),
        ("genre", list(VOCABULARY.genres)),
        ("facet", list(VOCABULARY.facets)),
    )
}
ANY_PARTS = st.builds(
    NameParts,
    st.lists(st.sampled_from(NUMBERS["subject"]), max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(NUMBERS["genre"]), max_size=2, unique=True).map(tuple),
    st.booleans(),
    st.lists(st.sampled_from(NUMBERS["facet"]), max_size=4, unique=True).map(tuple),
)


@pytest.mark.parametrize(
    ("keys", "every", "name"),
    [
        ("ghost|haunted house|Horror", False, "Ghost & Haunted-House Horror"),
        ("haunted house|ghost|Horror", False, "Ghost & Haunted-House Horror"),
        ("serial killer|haunted house|Horror", False, "Serial Killer & Haunted House Horror"),
        ("serial killer|Thriller", False, "Serial-Killer Thrillers"),
        ("kung fu|Action|decade:1970|country:HK", False, "1970s Hong Kong Kung-Fu Action Films"),
        ("martial arts|Drama", False, "Martial-Arts Dramas"),
        ("father son relationship|Drama", False, "Father-Son Dramas"),
        ("gay theme|Comedy|Drama", False, "Gay Comedies & Dramas"),
        ("christmas|Romance|Comedy", True, "Christmas Romantic Comedies"),
        ("christmas|Comedy|Romance", True, "Christmas Romantic Comedies"),
        ("new york city|Comedy", False, "New York City Comedies"),
        ("world war ii|Drama", False, "World War II Dramas"),
        ("fbi|Thriller", False, "FBI Thrillers"),
        ("coming of age|Drama", False, "Coming-of-Age Dramas"),
        ("women's prison|Drama", False, "Women's Prison Dramas"),
        ("high school|Comedy", False, "High School Comedies"),
        ("twins|Drama", False, "Twins Dramas"),
        ("War|Action", False, "War & Action Films"),
        ("Horror", False, "Horror Films"),
        ("", False, "Films"),
        ("heist", False, "Heist Films"),
        ("Kung Fu", False, "Kung Fu Films"),
        ("Kung Fu|Comedy", True, "Kung Fu Comedies"),
        ("civil war", False, "Civil War Stories"),
    ],
)
def test_names(keys: str, every: bool, name: str) -> None:
    parts = parts_of(VOCABULARY, keys, every)
    assert print_name(parts, VOCABULARY) == name
    assert set(printed_parts(parts, VOCABULARY).all_numbers) == set(parts.all_numbers)


@pytest.mark.parametrize(
    ("keys", "every", "name", "stated"),
    [
        ("war|War", False, "War Films", "War"),
        ("western|Western", False, "Westerns", "Western"),
        ("family|Family", False, "Family Films", "Family"),
        ("kung fu|Kung Fu", False, "Kung Fu Films", "Kung Fu"),
        ("world war ii|War", False, "World War II Films", "world war ii"),
        ("ghost ship|ghost|Horror", False, "Ghost Horror", "ghost|Horror"),
        ("hong kong|country:HK|Action", False, "Hong Kong Action Films", "country:HK|Action"),
        ("based on novel or book|Drama", False, "Dramas", "Drama"),
        ("war|nun|War", False, "War Films", "War"),
        ("era:classic|decade:1970|Drama", False, "1970s Dramas", "decade:1970|Drama"),
        ("civil war|War|Drama", True, "Civil War Dramas", "civil war|Drama"),
        ("world war ii|War|Drama", True, "World War II Dramas", "world war ii|Drama"),
    ],
)
def test_no_word_stands_twice(keys: str, every: bool, name: str, stated: str) -> None:
    parts = parts_of(VOCABULARY, keys, every)
    assert print_name(parts, VOCABULARY) == name
    assert printed_parts(parts, VOCABULARY) == parts_of(VOCABULARY, stated)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ("civil war|War", "Civil War Films"),
        ("spaghetti western|Western", "Spaghetti Westerns"),
    ],
)
def test_a_subject_shares_its_last_word_with_the_form(keys: str, name: str) -> None:
    parts = parts_of(VOCABULARY, keys)
    assert print_name(parts, VOCABULARY) == name
    assert printed_parts(parts, VOCABULARY) == parts


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ("language:hi|country:IN|era:classic|Drama", "Classic Hindi Dramas"),
        ("language:en|country:US|Western", "American Westerns"),
        ("language:en|country:IN|Drama", "Indian English-Language Dramas"),
        ("language:es|country:MX|Drama", "Mexican Dramas"),
        ("language:es|Drama", "Spanish-Language Dramas"),
        ("language:es|country:US|Drama", "American Spanish-Language Dramas"),
        ("country:IT|country:FR|Thriller", "French-Italian Thrillers"),
        ("era:silent|Western", "Silent Westerns"),
        ("form:short|era:silent|Comedy", "Silent Short Comedies"),
    ],
)
def test_facets_come_first_and_a_nation_once(keys: str, name: str) -> None:
    assert print_name(parts_of(VOCABULARY, keys), VOCABULARY) == name


def test_subjects_that_are_true_together_stand_side_by_side() -> None:
    parts = parts_of(VOCABULARY, "nun|women's prison|Horror")
    assert print_name(parts, VOCABULARY, joiner="") == "Nun Women's Prison Horror"


def test_the_word_that_films_use_is_printed() -> None:
    officer = parts_of(VOCABULARY, "police officer|Thriller")
    cop = next(part.number for part in VOCABULARY.words if part.key == "cop")
    own = NameParts(officer.subjects, officer.genres, words=(cop,))
    assert print_name(own, VOCABULARY) == "Cop Thrillers"
    assert print_name(officer, VOCABULARY) == "Police-Officer Thrillers"


@pytest.mark.parametrize(
    ("language", "keys", "every", "name"),
    [
        ("de", "era:classic|language:hi|Drama", False, "Klassische Hindi-Dramen"),
        ("de", "era:silent|country:FR|Comedy", False, "Stumme französische Komödien"),
        ("fr", "decade:1970|Romance|Comedy", True, "Comédies romantiques des années 1970"),
        ("fr", "era:silent|Comedy|Drama", False, "Comédies et drames muets"),
        ("fr", "era:silent|Comedy", False, "Comédies muettes"),
        ("es", "country:IT|Horror", False, "Películas de terror italianas"),
        ("ru", "country:FR|decade:1970|Drama", False, "Французские драмы 1970-\u0445 годов"),
        ("ja", "decade:1970|country:HK|Action", False, "1970年代の香港アクション"),
        ("zh", "decade:1970|country:HK|Action", False, "1970年代香港动作片"),
        ("xx", "vampire|Horror", False, "Vampire Horror"),
    ],
)
def test_names_in_other_languages(language: str, keys: str, every: bool, name: str) -> None:
    parts = parts_of(VOCABULARY, keys, every)
    assert print_name(parts, VOCABULARY, language) == name


@given(ANY_PARTS, st.sampled_from(LANGUAGES))
def test_names_are_short_and_say_the_same_when_printed_again(
    parts: NameParts, language: str
) -> None:
    name = print_name(parts, VOCABULARY, language)
    stated = printed_parts(parts, VOCABULARY, language)
    assert 0 < len(name) <= MOST_CHARACTERS
    assert name == " ".join(name.split())
    assert print_name(stated, VOCABULARY, language) == name
    assert printed_parts(stated, VOCABULARY, language) == stated


@given(ANY_PARTS)
def test_english_names_have_few_words_and_are_true_of_the_same_films(parts: NameParts) -> None:
    name = print_name(parts, VOCABULARY)
    words = [word for word in name.split() if word != "&"]
    assert len(words) <= MOST_WORDS
    stated = printed_parts(parts, VOCABULARY)
    if len(stated.subjects) < 2:  # "Civil War & World War II Films"
        assert len({word.lower() for word in words}) == len(words)
    assert set(stated.all_numbers) <= set(parts.all_numbers)
    if len(stated.subjects) != 1 or len(parts.subjects) == 1:  # "Ghost" stands for "Ghost Ship" too
        genres: list[tuple[int, ...]] = [parts.genres]
        if not parts.every_genre:
            genres = [(genre,) for genre in parts.genres] or [()]
        subjects: list[tuple[int, ...]] = [(subject,) for subject in parts.subjects] or [()]
        for film in ({*parts.facets, *own, *subject} for own in genres for subject in subjects):
            assert parts.is_true_of(film)
            assert stated.is_true_of(film)
