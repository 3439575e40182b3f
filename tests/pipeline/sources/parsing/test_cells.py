"""All parsers of cells: whatever a cell holds, the result is a value, None or `CellError`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing import cells
from pipeline.sources.parsing.cells import CellError

TEXT = st.one_of(
    st.text(max_size=60),
    st.text("0123456789.,:/-()[]{}'\"|;$%& aMKhmPTtR\u20ac\u5e74\u6708\u65e5\n", max_size=30),
    st.from_regex(
        r"\A[-+(~$]?[0-9]{1,20}([.,' ][0-9]{1,20}){0,3}[)]? ?[a-zA-Z%/.:-]{0,12}[0-9]{0,4}\Z"
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
CELLS = st.one_of(VALUES, VALUES.map(json.dumps), VALUES.map(repr))
LISTS = (cells.names, cells.piped_names, cells.countries, cells.genres, cells.directors, cells.cast)
NUMBERS = (cells.number, cells.money, cells.minutes, cells.vote)
TEXTS = (
    cells.text,
    cells.language,
    cells.identifier,
    cells.imdb_id,
    cells.tmdb_id,
    cells.imdb_overview,
)


def parsed(parse: Callable[..., object], cell: object, **options: object) -> object:
    try:
        return parse(cell, **options)
    except CellError as error:
        assert str(error)
        return None


@given(CELLS)
def test_lists(cell: object) -> None:
    for parse in LISTS:
        found = parsed(parse, cell)
        assert found is None or (isinstance(found, list) and found)
        assert all(isinstance(name, str) and name for name in found or [])


@given(CELLS, st.booleans())
def test_numbers(cell: object, comma: bool) -> None:
    for parse in NUMBERS:
        found = parsed(parse, cell, decimal_comma=comma)
        assert found is None or (isinstance(found, float) and abs(found) < float("inf"))
    count = parsed(cells.count, cell, decimal_comma=comma)
    assert count is None or (isinstance(count, int) and abs(count) < 2**63)


@given(CELLS, st.booleans())
def test_dates(cell: object, first: bool) -> None:
    year = parsed(cells.year, cell)
    assert year is None or (isinstance(year, int) and 1000 <= year <= 9999)
    found = parsed(cells.date, cell, pivot=30, day_first=first)
    assert found is None or isinstance(found, tuple)
    day, of_year = found or (None, None)
    assert day is None or (len(day) == 10 and int(day[:4]) == of_year)


@given(CELLS)
def test_texts(cell: object) -> None:
    for parse in TEXTS:
        found = parsed(parse, cell)
        assert found is None or isinstance(found, str)
    assert cells.is_certificate(cell) in (True, False)
    assert cells.is_null(cell) in (True, False)


def test_imdb_overview() -> None:
    assert cells.imdb_overview("He runs...\n See full summary\u00a0\u00bb") == "He runs..."
    assert cells.imdb_overview("See full moons rise.") == "See full moons rise."


@pytest.mark.parametrize("cell", ["en", "English", "xx", "Deutsch"])
def test_language(cell: str) -> None:
    assert cells.language(cell) == cell
    assert cells.language("unknown") is None
