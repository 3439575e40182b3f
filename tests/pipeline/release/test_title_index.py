"""Typed text finds the film that it names; similar titles are suggested."""

from __future__ import annotations

import pytest

from pipeline.release.title_index import TitleIndex, plain, split_year, titled

TITLES = ["The Matrix", "The Matrix Reloaded", "Halloween", "Halloween", "Amélie", "2012", "???"]
YEARS = [1999, 2003, 1978, 2018, 2001, 2009, None]


def index() -> TitleIndex:
    return TitleIndex(TITLES, YEARS)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  The   Matrix: ", "matrix"),
        ("Matrix, The", "matrix"),
        ("AMÉLIE!", "amelie"),
        ("Ame\u0301lie", "amelie"),
        ("A", "a"),
        ("The", "the"),
        ("Theatre of Blood", "theatre of blood"),
        ("千と千尋", "千と千尋"),
        ("???", "???"),
    ],
)
def test_plain(text: str, wanted: str) -> None:
    assert plain(text) == wanted


def test_split_year() -> None:
    assert split_year(" Alien ( 1979 ) ") == ("Alien", 1979)
    assert split_year("Alien") == ("Alien", None)
    assert split_year("(1979)") == ("(1979)", None)
    assert titled(*split_year("Alien (1979)")) == "Alien (1979)"
    assert titled("Alien", None) == "Alien"
    assert titled(None, 1979) == "(no title) (1979)"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("matrix", [0]),
        ("Matrix, The (1999)", [0]),
        ("The Matrix (2003)", []),
        ("Halloween", [2, 3]),
        ("halloween (2018)", [3]),
        ("amelie", [4]),
        ("2012", [5]),
        ("2012 (2009)", [5]),
        ("???", [6]),
        ("Alien", []),
        ("", []),
    ],
)
def test_find(text: str, rows: list[int]) -> None:
    assert index().find(text) == rows


def test_an_exact_title_wins_over_one_without_accents() -> None:
    titles = TitleIndex(["Amelie", "Amélie"], [None, 2001])
    assert titles.find("amélie") == [1]
    assert titles.find("amelie") == [0]
    assert titles.find("Amèlie") == [0, 1]


def test_a_title_may_end_like_a_year() -> None:
    assert TitleIndex(["Room (1408)"], [2007]).find("Room (1408)") == [0]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("The Matrix (1998)", 0),  # the same title with another year
        ("Halloween (2017)", 3),  # the nearest year first
        ("matrx", 0),  # similar spelling
        ("reloadd", 1),  # one misspelt word
    ],
)
def test_suggest(text: str, first: int) -> None:
    assert index().suggest(text)[0] == first


def test_suggestions_are_limited_and_similar() -> None:
    assert index().suggest("zzzzzz") == []
    assert index().suggest("") == []
    assert len(index().suggest("halloween", 1)) == 1


def test_a_large_catalogue_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.release.title_index._COMPARED", 2)
    assert index().suggest("matrx")[0] == 0
