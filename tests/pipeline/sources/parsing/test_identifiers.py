"""Ids: numbers, texts, addresses."""

from __future__ import annotations

import pytest

from pipeline.sources.parsing.identifiers import identifier, imdb_id, tmdb_id
from pipeline.sources.parsing.literals import CellError


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (603, "603"),
        (603.0, "603"),
        ("603.0", "603"),
        (" 603 ", "603"),
        ("tt0133093", "tt0133093"),
        ("https://www.imdb.com/title/tt0133093/?ref_=x", "tt0133093"),
        ("https://www.themoviedb.org/movie/603-the-matrix", "603"),
        (2**80, str(2**80)),
        ("a.0", "a.0"),
        ("1.5.0", "1.5.0"),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_identifier(cell: object, expected: str | None) -> None:
    assert identifier(cell) == expected


@pytest.mark.parametrize("cell", [True, 1.5, [1], float("inf")])
def test_an_invalid_identifier_is_an_error(cell: object) -> None:
    with pytest.raises(CellError):
        identifier(cell)


@pytest.mark.parametrize("cell", ["tt0133093", 133093, "0133093", "133093", 133093.0, "TT0133093"])
def test_imdb_id(cell: object) -> None:
    assert imdb_id(cell) == "tt0133093"
    assert imdb_id("https://m.imdb.com/de/title/tt0133093") == "tt0133093"


@pytest.mark.parametrize(
    "cell", [603, "603.0", "0603", "https://www.themoviedb.org/tv/603", "movie/603"]
)
def test_tmdb_id(cell: object) -> None:
    assert tmdb_id(cell) == "603"


def test_no_id_of_an_authority() -> None:
    assert [imdb_id(cell) for cell in (0, "", None, "N/A", "tt0000000")] == [None] * 5
    assert [tmdb_id(cell) for cell in (0, "", None, "N/A", "0")] == [None] * 5
    for bad in ("abc", "nm0000001", "tt", "ttx"):
        with pytest.raises(CellError, match="IMDb"):
            imdb_id(bad)
    for bad in ("tt0133093", "abc", "-1"):
        with pytest.raises(CellError, match="TMDB"):
            tmdb_id(bad)
