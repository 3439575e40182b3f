"""What reading lost, in a few lines."""

from __future__ import annotations

import pytest

from pipeline.report.reading import reading_lines, shortened, table_lines
from pipeline.schemas.reading_summary import LostCells, ReadingSummary, ReadTable, RejectedRows

REJECTED = [
    RejectedRows(reason=f"reason_{n}", rows=100 - n, example=f"films.csv row {n}: wrong")
    for n in range(20)
]
CELLS = [
    LostCells(column=f"column{n}", loss="unknown", cells=50 - n, example=f"films.csv row {n}: 'x'")
    for n in range(20)
]
SIDES = [
    ReadTable(
        source="films",
        name=f"side{n}.csv",
        form="CSV",
        role="fills",
        rows=9,
        films=7,
        rows_without_film=2,
    )
    for n in range(20)
]


def test_nothing_lost_is_nothing_said() -> None:
    assert reading_lines(ReadingSummary(rows_in=3, films=3)) == []


def test_each_loss_has_a_count_and_an_example() -> None:
    summary = ReadingSummary(
        rows_in=1_200, films=1_000, rejected=REJECTED[:1], cells=CELLS[:1], tables=SIDES[:1]
    )
    assert reading_lines(summary) == [
        "1,200 rows read: 1,000 films, 100 rejected",
        "100 rows rejected, reason 0, such as films.csv row 0: wrong",
        "50 cells of column0 are unknown, such as films.csv row 0: 'x'",
        "side0.csv fills in 7 films; 2 rows of it belong to no film",
    ]


def test_long_lists_are_shortened() -> None:
    notes = [f"note {n}" for n in range(20)]
    summary = ReadingSummary(
        rows_in=9, films=1, rejected=REJECTED, cells=CELLS, tables=SIDES, notes=notes
    )
    lines = reading_lines(summary)
    assert len(lines) <= 18
    assert "and 16 more reasons of rejected rows: report.json" in lines
    assert "and 15 more columns with such cells: report.json" in lines


def test_cut_and_repaired_cells_are_said() -> None:
    cells = [
        LostCells(column="overview", loss="cut", cells=1, example="a.csv row 2: 'x' is too long"),
        LostCells(column="title", loss="dropped", cells=3, example="a.csv row 3: 'y'"),
    ]
    lines = reading_lines(ReadingSummary(rows_in=9, films=9, cells=cells))
    assert "1 cell of overview is cut, such as a.csv row 2: 'x' is too long" in lines
    assert (
        "3 cells of title are without their control characters, such as a.csv row 3: 'y'" in lines
    )


@pytest.mark.parametrize(("most", "wanted"), [(3, "a, b, c"), (2, "a, b and 1 more")])
def test_shortened(most: int, wanted: str) -> None:
    assert shortened(["a", "b", "c"], most) == wanted


def test_a_table_is_a_line_with_its_columns() -> None:
    tables = [
        ReadTable(
            source="films.csv",
            name="films.csv",
            form="CSV, cp1251, separated by semicolons",
            role="films",
            columns={"title": ["Name"], "overview": ["Plot"]},
            not_used=["homepage"],
            notes=["no column for year", "encoding guessed"],
        ),
        ReadTable(source="films.csv", name="r.csv", form="CSV", role="not read", notes=["ratings"]),
    ]
    assert table_lines(tables) == [
        "films.csv (CSV, cp1251, separated by semicolons): gives title, overview; "
        "not used: homepage",
        "films.csv: encoding guessed",
        "r.csv (CSV): not read, ratings",
    ]


def test_many_tables_are_counted() -> None:
    assert len(table_lines(SIDES)) == 7
    assert table_lines(SIDES)[-1] == "and 14 more tables; `microgenres inspect` shows them all"


def test_rows_with_quotes_out_of_place_are_said() -> None:
    example = "a.csv row 2: 'Salt' line 3: a quote or line end is out of place"
    cells = [LostCells(column="row", loss="repaired", cells=2, example=example)]
    summary = ReadingSummary(rows_in=5, films=5, cells=cells)
    assert f"2 rows are repaired, such as {example}" in reading_lines(summary)


def test_rows_that_repeat_a_film_are_no_losses() -> None:
    repeat = RejectedRows(
        reason="duplicate_id", rows=4, example="a.csv row 9: kept: row 1 of b.csv"
    )
    lines = reading_lines(ReadingSummary(rows_in=10, films=6, rejected=[repeat]))
    assert lines == [
        "10 rows read: 6 films, 0 rejected, 4 that repeat a film",
        "4 rows of films that another row describes more completely, such as a.csv row 9: kept: "
        "row 1 of b.csv",
    ]
