"""Cells: lists, numbers, ids, dates and texts in many notations."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing import cells, dates, literals
from pipeline.sources.parsing.literals import CellError


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ('[{"id": 28, "name": "Action"}, {"id": 12, "name": "War"}]', ["Action", "War"]),
        ("[{'id': 28, 'name': \"Ocean's\"}]", ["Ocean's"]),
        ("['Drama', \"love of one's life\"]", ["Drama", "love of one's life"]),
        ("['Drama' 'War']", ["Drama", "War"]),
        ("['a\\d']", ["a\\d"]),
        ("('a', 'b')|c", ["('a', 'b')", "c"]),
        ("Action|Science Fiction| War |", ["Action", "Science Fiction", "War"]),
        ("Action, Crime,\n Drama", ["Action", "Crime", "Drama"]),
        (
            "Frank Sinatra, Sammy Davis, Jr., Dean Martin",
            ["Frank Sinatra", "Sammy Davis, Jr.", "Dean Martin"],
        ),
        ("a, b; c", ["a, b", "c"]),
        ("[REC]|zombie", ["[REC]", "zombie"]),
        ({"id": 1, "keywords": [{"name": "sea"}]}, ["sea"]),
        ({"name": "sea"}, ["sea"]),
        (["a", None, " ", "b "], ["a", "b"]),
        ("Oscar Isaac Jacob Elordi", ["Oscar Isaac Jacob Elordi"]),
        ("[]", None),
        ("{}", None),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_names(cell: object, names: list[str] | None) -> None:
    assert cells.names(cell) == names


@pytest.mark.parametrize(
    "cell",
    [
        "[{'name': 'cut",
        "[1, 2]",
        "[__import__('os').getcwd()]",
        "[" * 5_000,
        "[[]]",
        5,
        "['" + "x" * 1_000_000 + "']",
    ],
)
def test_a_broken_list_is_an_error(cell: object) -> None:
    with pytest.raises(CellError):
        cells.names(cell)


def test_a_list_joined_with_bars_may_contain_commas() -> None:
    assert cells.piped_names("Monsters, Inc|Pixar") == ["Monsters, Inc", "Pixar"]
    assert cells.piped_names("Lies, all of it") == ["Lies, all of it"]


def test_people_from_credits() -> None:
    crew = [{"job": "Writer", "name": "W"}, {"job": "Director", "name": "D"}]
    credits = {"cast": [{"name": "A"}, {"name": "B"}], "crew": crew}
    assert cells.directors(credits) == ["D"]
    assert cells.directors(str(crew)) == ["D"]
    assert cells.directors("D, E") == ["D", "E"]
    assert cells.cast(credits) == ["A", "B"]
    assert cells.countries([{"iso_3166_1": "GB", "name": "United Kingdom"}, "FR"]) == ["GB", "FR"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234.5", 1234.5),
        (" 7 ", 7.0),
        ("-3e2", -300.0),
        (".5", 0.5),
        (Decimal("1.5"), 1.5),
        (0, 0.0),
        ("", None),
        ("nan", None),
        ("NaN", None),
        ("N/A", None),
        ("\\N", None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_number(cell: object, value: float | None) -> None:
    assert cells.number(cell) == value


@pytest.mark.parametrize("cell", ["x", "1,23", "1_000", "inf", "1e999", True, [1], "0x10", "1 2"])
def test_an_invalid_number_is_an_error(cell: object) -> None:
    with pytest.raises(CellError, match="number"):
        cells.number(cell)


@pytest.mark.parametrize("cell", ["1.5", 1.5, "9" * 20, 2**63])
def test_an_invalid_whole_number_is_an_error(cell: object) -> None:
    with pytest.raises(CellError, match="whole"):
        cells.count(cell)


def test_amounts() -> None:
    assert cells.count("11,800") == 11800
    assert cells.count(11800.0) == 11800
    assert cells.money("$28.34M") == pytest.approx(28.34e6)
    assert cells.money("10,000") == 10_000
    assert cells.millions("333.13") == pytest.approx(333.13e6)
    assert [cells.money(zero) for zero in (0, "0", "$0", "")] == [None] * 4
    assert [cells.minutes(m) for m in ("142 min", "2h 22m", "1 h", 90)] == [142, 142, 60, 90]
    assert [cells.minutes(m) for m in (0, "0", "0 min", "")] == [None] * 4
    for bad in ("some", "$"):
        with pytest.raises(CellError):
            cells.money(bad)
        with pytest.raises(CellError):
            cells.minutes(bad)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (603, "603"),
        (603.0, "603"),
        ("603.0", "603"),
        (" 603 ", "603"),
        ("tt0133093", "tt0133093"),
        (2**80, str(2**80)),
        ("a.0", "a.0"),
        ("1.5.0", "1.5.0"),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_identifier(cell: object, expected: str | None) -> None:
    assert cells.identifier(cell) == expected


@pytest.mark.parametrize("cell", [True, 1.5, [1], float("inf")])
def test_an_invalid_identifier_is_an_error(cell: object) -> None:
    with pytest.raises(CellError):
        cells.identifier(cell)


def test_text() -> None:
    assert literals.text(1917) == "1917"
    assert literals.text(1917.0) == "1917"
    assert literals.text(" None ") == "None"
    assert [literals.text(empty) for empty in ("", " \n", "\\N", None, float("nan"))] == [None] * 5
    assert cells.imdb_overview("He runs...\n See full summary\u00a0»") == "He runs..."
    for bad in (True, ["a"], {"a": 1}):
        with pytest.raises(CellError):
            literals.text(bad)


@given(st.text(st.sampled_from("aé\ud800\udbff\udc00\udc80\udcff\udfff "), max_size=12))
def test_every_parsed_text_can_be_encoded(cell: str) -> None:
    for text in (literals.text(cell), literals.text(literals.restore_bytes(cell))):
        assert text is None or text.encode("utf-8")


@given(st.binary(max_size=30))
def test_bytes_can_be_restored_and_valid_text_is_unchanged(data: bytes) -> None:
    cell = literals.restore_bytes(data.decode("utf-8", "surrogateescape"))
    assert isinstance(cell.encode("utf-8"), bytes)
    valid = data.decode("utf-8", "ignore")
    assert literals.restore_bytes(valid) == valid
    assert len(cell) >= len(valid)


@pytest.mark.parametrize(
    ("cell", "near", "expected"),
    [
        ("2009-12-10", None, ("2009-12-10", 2009)),
        ("2009-12-10T22:15:00Z", None, ("2009-12-10", 2009)),
        ("2009-12-10 00:00:00+00:00", None, ("2009-12-10", 2009)),
        ("10-12-2009", None, ("2009-12-10", 2009)),
        ("10.12.2009", None, ("2009-12-10", 2009)),
        ("6/9/15", None, ("2015-06-09", 2015)),
        ("6/9/30", None, ("2030-06-09", 2030)),
        ("6/9/31", None, ("1931-06-09", 1931)),
        ("5/29/63", 1963, ("1963-05-29", 1963)),
        ("1/1/15", 1915, ("1915-01-01", 1915)),
        ("1/1/00", 1999, ("2000-01-01", 2000)),
        ("29/5/1963", None, ("1963-05-29", 1963)),
        ("1999", None, (None, 1999)),
        ("1999-05", None, (None, 1999)),
        (1999, None, (None, 1999)),
        ("0000-00-00", None, (None, None)),
        ("", None, (None, None)),
        (dt.date(2009, 12, 10), None, ("2009-12-10", 2009)),
        (dt.datetime(2009, 12, 10, 5), None, ("2009-12-10", 2009)),
    ],
)
def test_date(cell: object, near: int | None, expected: tuple[str | None, int | None]) -> None:
    assert dates.date(cell, pivot=30, near=near) == expected


@pytest.mark.parametrize("cell", ["2009-02-30", "31/31/2009", "soon", "1/1/1", 7, 1.5, [2009]])
def test_an_invalid_date_is_an_error(cell: Any) -> None:
    with pytest.raises(CellError, match="date"):
        dates.date(cell, pivot=30)


def test_year() -> None:
    notations = (
        2009,
        2009.0,
        "2009",
        "2009.0",
        "(2009)",
        "(I) (2009)",
        "II 2009",
        "2009-2011",
        "(2009\u2013 )",
        "2009-12-10",
        dt.date(2009, 1, 1),
        "(2009 TV Movie)",
    )
    assert [dates.year(cell) for cell in notations] == [2009] * len(notations)
    assert [dates.year(none) for none in ("", None, float("nan"), "II", "nan")] == [None] * 5
    assert dates.year("0") == 0
    for bad in ("abc", "12.5", "99999999999", [2009], True):
        with pytest.raises(CellError, match="year"):
            dates.year(bad)
