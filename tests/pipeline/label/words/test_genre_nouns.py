"""Nouns at the end of names."""

from __future__ import annotations

from itertools import combinations

import pytest

from pipeline.label.words.genre_nouns import (
    form_noun,
    generic_noun,
    head_genre,
    joined_forms,
    with_subject,
)
from pipeline.label.words.tables import LANGUAGES, read_tables
from pipeline.schemas.words.genre_words import genre_words

GENRES = sorted(genre_words().nouns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_genre_has_a_noun_in_every_language(language: str) -> None:
    own = read_tables().plurals[language]
    assert set(own) >= set(GENRES)
    assert len(set(own.values())) == len(own)


@pytest.mark.parametrize(
    ("genres", "form"),
    [
        (["Horror", "Comedy"], "Horror Comedies"),
        (["Comedy", "Romance"], "Romantic Comedies"),
        (["Crime", "Drama"], "Crime Dramas"),
        (["Animation", "Family"], "Animated Family Films"),
        (["Action", "Thriller"], "Action Thrillers"),
        (["Adventure", "Action"], "Action Adventures"),
        (["Science Fiction", "Horror"], "Sci-Fi Horror"),
        (["Drama", "History"], "Historical Dramas"),
        (["Documentary", "Music"], "Music Documentaries"),
        (["Kung Fu", "Comedy"], "Comedies"),
        (["Drama"], "Dramas"),
        (["Heimatfilm"], "Heimatfilm Films"),
    ],
)
def test_english_forms(genres: list[str], form: str) -> None:
    assert form_noun(genres) == form
    assert form_noun(genres[::-1]) == form


def test_two_genres_have_one_form_in_any_order() -> None:
    for language in LANGUAGES:
        for pair in combinations(GENRES, 2):
            form = form_noun(pair, language)
            assert form
            assert form == form_noun(pair[::-1], language)


def test_pairs_name_genres_of_the_lexicon() -> None:
    known = {*read_tables().heads, "Martial Arts"}
    for pairs in read_tables().pairs.values():
        for pair in pairs:
            assert len(pair.split("+")) == 2
            assert set(pair.split("+")) <= known


def test_heads_are_all_genres() -> None:
    assert set(read_tables().heads) >= set(GENRES)
    assert head_genre(["Unknown", "War"]) == "War"


def test_three_genres_are_an_error() -> None:
    with pytest.raises(ValueError, match="at most two genres"):
        form_noun(["War", "Drama", "Comedy"])


def test_an_unknown_language_is_english() -> None:
    assert form_noun(["Drama"], "fi") == "Dramas"
    assert generic_noun("films", "fi") == "Films"


def test_joined_forms_have_the_word_of_their_language() -> None:
    assert joined_forms("Comédies", "Drames", "fr") == "Comédies et drames"
    assert joined_forms("コメディ", "SF", "ja") == "コメディ・SF"


def test_subjects_stand_where_the_language_has_them() -> None:
    assert with_subject("吸血鬼", "恐怖片", "zh") == "吸血鬼恐怖片"
    assert with_subject("héritages", "Drames", "fr") == "Drames d'héritages"


def test_a_user_changes_a_noun() -> None:
    assert form_noun(["Horror"], extra='[plurals.en]\nHorror = "Chillers"') == "Chillers"
