"""Moods and kinds of films in a query."""

from __future__ import annotations

import pytest

from pipeline.schemas.words.genre_words import genre_words
from pipeline.schemas.words.lexicon_file import read_lexicon
from serve.catalogue.search.analysis import normal_text
from serve.catalogue.search.tones import GenreMatch, asked_genres
from tests.serve.catalogue.search.films import films


@pytest.mark.parametrize(
    ("text", "genres"),
    [
        ("something scary", [{"Horror"}]),
        ("Feel-good film for the whole family", ["Comedy", "Family"]),
        ("a sci-fi comedy", [{"Science Fiction"}, {"Comedy"}]),
        ("submarine crews", []),
    ],
)
def test_moods_are_read(text: str, genres: list[object]) -> None:
    found = asked_genres(text)
    assert len(found) == len(genres)
    for asked, expected in zip(found, genres, strict=True):
        assert expected in asked if isinstance(expected, str) else asked == expected


def test_films_of_a_genre_have_its_mood_whatever_the_label() -> None:
    match = GenreMatch(films())
    assert match.share(asked_genres("scary"))[7] == 1  # "Horror Movies"
    assert match.share(asked_genres("scary comedy"))[[7, 8, 0]].tolist() == [0.5, 0.5, 0]
    assert not match.share([]).any()


def test_the_lexicon_has_words_in_normal_form_and_known_genres() -> None:
    for tone in read_lexicon("tones")["tone"]:
        assert set(tone["genres"]) <= set(genre_words().nouns)
        assert all(normal_text(word) == word for word in tone["words"])
