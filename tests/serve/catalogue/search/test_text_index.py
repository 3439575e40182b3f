"""Words: all fields are searched, typing errors are corrected, scores are shares."""

from __future__ import annotations

import numpy as np
import pytest

from serve.catalogue.search.text_index import TextIndex
from tests.serve.catalogue.search.films import films


@pytest.fixture(scope="module")
def index() -> TextIndex:
    return TextIndex(films(), "en")


def _best(index: TextIndex, text: str) -> list[int]:
    scores = index.scores(index.read(text))
    return [int(row) for row in np.argsort(-scores, kind="stable") if scores[row] > 0]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("chess", {3, 6}),
        ("chessmen tournaments", {6}),
        ("lindqvist", {6}),
        ("spiderman", {1}),
        ("侍", {7}),
        ("comedies", {8}),
        ("zebra", set()),
        ("", set()),
    ],
)
def test_each_field_is_searched(index: TextIndex, text: str, rows: set[int]) -> None:
    assert set(_best(index, text)) == rows


def test_a_film_with_all_words_comes_first(index: TextIndex) -> None:
    assert _best(index, "tomas brekke")[0] == 6  # film 7 has both words, of two names
    assert _best(index, "harbour smuggler")[0] == 5


def test_scores_are_between_0_and_1(index: TextIndex) -> None:
    for text in ("chess", "harbour chess master", "a boy", "interstellar explorers space"):
        scores = index.scores(index.read(text))
        assert scores.shape == (10,) and scores.dtype == np.float32
        assert scores.min() >= 0 and 0 < scores.max() <= 1


def test_a_typing_error_is_corrected_and_a_known_word_is_not(index: TextIndex) -> None:
    (wrong,) = index.read("smugler")
    assert (wrong.typed, wrong.read) == ("smugler", "smuggler")
    (known,) = index.read("boats")  # a form of "boat"
    assert known.read == "boats" and known.number is not None
    (mood,) = index.read("scary")  # no film has it, but it is a word for a mood
    assert mood.read == "scary" and mood.number is None
    (unknown,) = index.read("xylophonists")
    assert unknown.read == "xylophonists" and unknown.number is None


def test_words_for_films_count_only_alone(index: TextIndex) -> None:
    with_filler = index.scores(index.read("chess movies"))
    np.testing.assert_array_equal(with_filler, index.scores(index.read("chess")))


def test_films_without_any_word_can_be_indexed() -> None:
    nothing = films().slice(9)
    for name in ("micro_genre_name", "family_name"):
        place = nothing.column_names.index(name)
        nothing = nothing.set_column(place, name, nothing["title"])
    empty = TextIndex(nothing, "en")
    assert empty.scores(empty.read("harbour")).tolist() == [0.0]
