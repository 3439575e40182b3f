"""XLSX and ODS: sheets, header rows, kinds of cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.errors import NotATable
from pipeline.sources.forms import open_tables
from tests.support.raw_tables import SETTINGS, rows_of, titles, write_ods, write_xlsx

Sheets = dict[str, Sequence[Sequence[object]]]
SHEETS: Sheets = {
    "Films": [
        ["My films", None, None, None],
        [None, None, None, None],
        ["id", "title", "year", "overview"],
        [1, "Salt Lamp", 1990, "A keeper & a map"],
        [None, None, None, None],
        [2, "Waltz Nine", 1991.0, None],
    ],
    "Notes": [["These are my films"], ["of many years"]],
    "Cast": [["id", "cast"], [1, "Bo Lint"]],
}


@pytest.mark.parametrize(("write", "kind"), [(write_xlsx, "XLSX"), (write_ods, "ODS")])
def test_sheets_are_tables(
    tmp_path: Path, write: Callable[[Path, Sheets], Path], kind: str
) -> None:
    films, cast = open_tables(write(tmp_path / "films", SHEETS), SETTINGS)
    assert films.name.endswith("films: Films") and films.form.kind == kind
    assert films.form.notes == ("rows before the header, skipped: 2",)
    assert films.columns == ("id", "title", "year", "overview")
    rows = rows_of(films)
    assert rows[0] == {"id": 1, "title": "Salt Lamp", "year": 1990, "overview": "A keeper & a map"}
    assert rows[1] == {"id": 2, "title": "Waltz Nine", "year": 1991, "overview": None}
    assert rows_of(cast) == [{"id": 1, "cast": "Bo Lint"}]


def test_columns_without_a_name(tmp_path: Path) -> None:
    sheet = [
        [None, "title", None, "title", None],
        [0, "Salt", "x", "Lamp", None],
        [1, "B", "y", "C"],
    ]
    (table,) = open_tables(write_xlsx(tmp_path / "a", {"S": sheet}), SETTINGS)
    assert table.columns == ("", "title", "Unnamed: 2", "title.2")
    assert titles(table) == ["Salt", "B"]


def test_a_workbook_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(NotATable, match="no sheet"):
        open_tables(write_xlsx(tmp_path / "a", {"S": [["only a title"]]}), SETTINGS)


@pytest.mark.parametrize("size", [300, 700, 5_000])
def test_rows_of_a_long_sheet_follow_those_of_its_head(tmp_path: Path, size: int) -> None:
    blank: list[object] = [None, None, None]
    rows: list[Sequence[object]] = [
        [n, f"Film {n}", 1950 + n % 70] if n % 500 else blank for n in range(1, 2_301)
    ]
    head: list[Sequence[object]] = [["My films", None, None], ["id", "title", "year"]]
    (films,) = open_tables(write_xlsx(tmp_path / "films", {"Films": head + rows}), SETTINGS)
    chunks = list(films.chunks(None, size))
    assert [chunk.first_row for chunk in chunks] == list(range(1, 2_297, size))
    found = [id_ for chunk in chunks for id_ in chunk.cells["id"]]
    assert found == [row[0] for row in rows if row[0] is not None]
