"""Cells of a column: each distinct one parsed once, unreadable ones counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.schemas.reading import LossTally
from pipeline.sources.files.cell_reader import CellReader
from pipeline.sources.files.column_plan import ColumnUse


def read(target: str, cells: list[Any], *, comma: bool = False, **use: Any) -> list[Any]:
    reader = CellReader(target, "x", ColumnUse(("x",), "", **use), decimal_comma=comma)
    tally = LossTally()
    values = reader.read(cells, 1, tally, "a.csv")
    assert reader.read(cells, 1, LossTally(), "a.csv") == values
    return values


def test_unreadable_cells_are_unknown_and_counted() -> None:
    reader = CellReader("year", "Year", ColumnUse(("Year",), ""), decimal_comma=False)
    tally = LossTally()
    assert reader.read(["1999", "PG", None, "", "PG"], 11, tally, "a.csv") == [1999] + [None] * 4
    (loss,) = tally.table().to_pylist()
    assert (loss["cells"], loss["example_row"], loss["example"]) == (2, 12, "PG")
    assert loss["detail"] == "is not a year"


def test_equal_cells_of_other_types_are_parsed_apart() -> None:
    assert read("vote_average", [1, True, 1.0, "1"]) == [1.0, None, 1.0, 1.0]


def test_units_and_scales() -> None:
    assert read("revenue_usd", ["0.01", "28.3"], scales={"x": 1e6}) == [10_000.0, 28_300_000.0]
    assert read("runtime_minutes", ["5400"], scales={"x": 1 / 60}) == [90.0]
    assert read("runtime_minutes", ["1.5"], scales={"x": 60.0}) == [90.0]
    assert read("vote_average", ["73.0"], scales={"x": 0.1}) == [7.3]


def test_a_decimal_comma() -> None:
    assert read("vote_average", ["7,8"], comma=True) == [7.8]


def test_only_the_separator_of_the_column_cuts() -> None:
    cells = ["Ann|Bo", "Sammy Davis, Jr.", "Rossi, Anna", "", "[{'name': 'Di, Ed'}]"]
    right = [["Ann", "Bo"], ["Sammy Davis, Jr."], ["Rossi, Anna"], None, ["Di, Ed"]]
    assert read("cast", cells, separators={"x": "|"}) == right


def test_overviews_without_links_and_marks() -> None:
    cells = ["A wall falls. See full summary »", "N/A", "  A film. ", None, "Été"]
    assert read("overview", cells) == ["A wall falls.", None, "A film.", None, "Été"]


def test_titles_stay_as_they_are() -> None:
    assert read("title", ["None", " Heat ", "\\N", 300]) == ["None", "Heat", None, "300"]


@pytest.mark.parametrize(
    ("name", "cell", "right"),
    [("id", "603", "603"), ("id", 603.0, "603"), ("imdbId", "114709", "tt0114709"),
     ("tconst", "tt0114709", "tt0114709"), ("tmdb_id", "00603", "603")],
)  # fmt: skip
def test_ids(name: str, cell: object, right: str) -> None:
    reader = CellReader("movie_id", name, ColumnUse((name,), ""), decimal_comma=False)
    assert reader.read([cell], 1, LossTally(), "a.csv") == [right]


def test_the_language_of_a_list_is_its_first() -> None:
    cells = ["en", '{"/m/02h40lc": "English Language"}', ["fr", "de"]]
    assert read("language", cells) == ["en", "English Language", "fr"]


_NUMBERS = ("runtime_minutes", "vote_average", "vote_count", "popularity", "budget_usd")


@given(
    st.sampled_from(_NUMBERS),
    st.booleans(),
    st.lists(st.none() | st.floats() | st.integers(0, 100) | st.integers(-(10**400), 10**400)),
)
@example("vote_count", False, [0, 3.0, None, float("nan")])
@example("vote_count", False, [1, 2.5])
@example("budget_usd", False, [0, -0.0, 5, float("inf"), 2**53 + 1])
def test_typed_numbers_are_read_the_same_at_once_and_one_by_one(
    target: str, scaled: bool, cells: list[Any]
) -> None:
    use: dict[str, Any] = {"scales": {"x": 0.1}} if scaled else {}
    # With a text among them, each cell is parsed.
    at_once, one_by_one = read(target, cells, **use), read(target, [*cells, "7"], **use)[:-1]
    assert at_once == one_by_one
    assert [type(value) for value in at_once] == [type(value) for value in one_by_one]


def test_texts_with_units_of_their_own_are_not_scaled() -> None:
    clocks = [5760, "96 min", "01:36:00", None]
    assert read("runtime_minutes", clocks, scales={"x": 1 / 60}) == [96, 96, 96, None]
    assert read("vote_average", ["4", 3.5, "4/5", 7], scales={"x": 2.0}) == [8, 7, 8, None]
    votes = read("vote_count", ["12.5", 3, "1200 votes"], scales={"x": 1e3})
    assert votes == [12_500, 3_000, 1_200]
    amounts = ["1.1", "$28.3M", "28300000", 333.13]
    found = read("revenue_usd", amounts, scales={"x": 1e6})
    assert found == [1_100_000, 28_300_000, None, pytest.approx(333_130_000)]


def test_a_title_that_is_true() -> None:
    assert read("title", [True, "A"]) == ["True", "A"]


def test_values_of_other_forms() -> None:
    assert read("title", ["Salt Lamp /", "AC/DC"]) == ["Salt Lamp", "AC/DC"]
    assert read("language", ["English, French", "汉语普通话 / 英语", "en"]) == [
        "English",
        "汉语普通话",
        "en",
    ]
    assert read("year", ["۱۹۹۰", "١٩٩١", "१९९२"]) == [1990, 1991, 1992]
    assert read("genres", [[{"genre": "драма"}]]) == [["драма"]]
    people = [{"Name": "Ada Quill", "Type": "Director"}, {"Name": "Bo Lint", "Type": "Actor"}]
    assert read("directors", [people]) == [["Ada Quill"]]
    assert read("cast", [people]) == [["Bo Lint"]]
    assert read("runtime_minutes", ["۹۶ دقیقه", "96 perc", "96 phút"]) == [96, 96, 96]
