"""Titles: exact, begun, misspelt, dated, and the best known of several."""

from __future__ import annotations

import numpy as np
import pytest

from serve.catalogue.search.titles import TitleIndex
from tests.serve.catalogue.search.films import films


@pytest.fixture(scope="module")
def titles() -> TitleIndex:
    return TitleIndex(films())


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        ("interstellar", 0),
        ("Interstellar (2014)", 0),
        ("intersteller", 0),
        ("intrestellar 2014", 0),
        ("spiderman", 1),
        ("spider man", 1),
        ("godfather", 2),
        ("the god father", 2),
        ("The Godfahter", 2),
        ("moonfall", 3),
        ("七人の侍", 7),
        ("amelies kitchen", 8),
        ("AMÉLIE'S KITCHEN: PART TWO", 8),
    ],
)
def test_a_title_is_found_in_any_spelling(titles: TitleIndex, typed: str, row: int) -> None:
    assert titles.find(typed)[0].row == row


def test_of_one_title_the_best_known_film_comes_first(titles: TitleIndex) -> None:
    assert [hit.row for hit in titles.find("harbour")][:2] == [5, 4]
    assert [hit.row for hit in titles.find("Harbour (1950)")] == [4]


@pytest.mark.parametrize("typed", ["", "?!", "zzzzqq", "x", "a slow film about nothing"])
def test_what_is_no_title_finds_none(titles: TitleIndex, typed: str) -> None:
    assert titles.find(typed) == []


def test_likeness_falls_with_the_number_of_errors(titles: TitleIndex) -> None:
    typed = ["interstellar", "intersteller", "intersteler"]
    likeness = [titles.find(text)[0].likeness for text in typed]
    assert likeness[0] == 1.0
    assert likeness == sorted(likeness, reverse=True) and likeness[1] < 1


def test_typing_errors_count_only_if_asked(titles: TitleIndex) -> None:
    assert titles.find("intersteller", typos=False) == []


def test_a_sequel_contains_the_title(titles: TitleIndex) -> None:
    assert titles.sequels([4], np.array([3, 0])).tolist() == [True, False]
