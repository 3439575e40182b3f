"""Delimited text as people have it: quotes, ragged rows, preambles, headers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import NotATable
from pipeline.sources.forms import open_tables
from tests.support.cases import case
from tests.support.raw_tables import SETTINGS, malformed, one_table, rows_of, titles


def test_quotes_in_a_tsv_are_text(tmp_path: Path) -> None:
    table = one_table(case("11-quotes-in-tsv/films.tsv"), tmp_path)
    assert table.form.separator == "\t"
    assert titles(table) == [
        '"Salt Lamp, Part One',
        "Waltz Nine",
        "The Coffin Road",
        "Ward of Songs",
        "Rain Stops at Four",
        "Letters Under Water",
        "The Quiet Choir",
        "One Painting a Year",
        'The "Attic" Meteor',
        '"Fixed" Final',
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_quote_that_is_not_closed_costs_no_other_row(tmp_path: Path, size: int) -> None:
    table = one_table(case("11-quotes-in-tsv/films.csv"), tmp_path)
    rows = rows_of(table, size)
    assert [row["id"] for row in rows] == list("12345678")
    assert rows[0]["title"] == '"Salt Lamp Part One'
    assert [row["title"] for row in rows[1:3]] == ["Waltz Nine", "The Coffin Road"]
    (repaired,) = [why for chunk in table.chunks(None, 100) for why in chunk.repaired.values()]
    assert repaired == "line 2: a quote or line end is out of place"


def films(rows: int) -> list[str]:
    return [f"{i},Film {i},{1950 + i % 70},A robot learns the waltz {i}\n" for i in range(rows)]


@pytest.mark.parametrize("size", [7, 1_000])
@pytest.mark.parametrize("at", [0, 50, 99])
@pytest.mark.parametrize("line", ['x1,"Open,1999,text\n', 'x1,a "b" c,1999,"say "no", twice"\n'])
def test_a_stray_quote_anywhere(tmp_path: Path, line: str, at: int, size: int) -> None:
    lines = films(100)
    lines.insert(at, line)
    rows = rows_of(one_table("id,title,year,overview\n" + "".join(lines), tmp_path), size)
    assert [row["id"] for row in rows if row["id"] != "x1"] == [str(i) for i in range(100)]
    assert [row["overview"] for row in rows if row["id"] == "x1"] == [
        "text" if "Open" in line else 'say "no", twice'
    ]


def test_two_stray_quotes_that_match_swallow_nothing(tmp_path: Path) -> None:
    lines = films(40)
    lines[3] = '3,"Film 3,1953,text\n'
    lines[9] = '9,Film 9",1959,text\n'
    rows = rows_of(one_table("id,title,year,overview\n" + "".join(lines), tmp_path))
    assert [row["id"] for row in rows] == [str(i) for i in range(40)]


@pytest.mark.parametrize("size", [1, 2, 50])
def test_cells_of_several_lines(tmp_path: Path, size: int) -> None:
    long = "\n".join(f"Line {i}, of many, with, commas, 19{i:02}" for i in range(30))
    text = "id,title,year,overview\n" + "".join(
        f'{i},Film {i},{1990 + i},"First, ""line""\n\n{long}"\n' for i in range(20)
    )
    rows = rows_of(one_table(text, tmp_path), size)
    assert [row["id"] for row in rows] == [str(i) for i in range(20)]
    assert {row["overview"] for row in rows} == {f'First, "line"\n\n{long}'}


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        # R writes row names without a name; pandas an index.
        ('"title","year"\n"1","A","1990"\n"2","B","1991"\n', ("", "title", "year"), 2),
        (",title,year\n0,A,1990\n1,B,1991\n", ("", "title", "year"), 2),
        # Commas at the ends of all lines, or of all lines but the header.
        ("id,title,year,\n1,A,1990,\n2,B,1991,\n", ("id", "title", "year"), 2),
        ("id,title,year\n1,A,1990,\n2,B,1991,\n", ("id", "title", "year"), 2),
        # Lines before the header.
        (
            "# films\n# from, here\n\nid,title,year\n1,A,1990\n2,B,1991\n",
            ("id", "title", "year"),
            2,
        ),
        (
            "Report,,\nof,2024-01-01,\nid,title,year\n1,A,1990\n2,B,1991\n",
            ("id", "title", "year"),
            2,
        ),
        # Line ends of old Macs, a mark, spaces around names, a name that is there twice.
        ("\ufeffid, title ,title\r1,A,x\r2,B,y\r", ("id", "title", "title.2"), 2),
        ('sep=;\r\nid;title\r\n1;"A;B"\r\n', ("id", "title"), 1),
        ('"sep=|"\nid|title\n1|A\n', ("id", "title"), 1),
        ("id;title;rating\n1;A;7,5\n2;B;8,5\n", ("id", "title", "rating"), 2),
        ("id,title,genres\n1,A,Drama|War\n2,B,Drama|War\n", ("id", "title", "genres"), 2),
        ("title\toverview\nA, b\tc, d, e\nB, c\td, e, f\n", ("title", "overview"), 2),
        ("id,title\n1,A\x00B\n2,C\n", ("id", "title"), 2),
        ("title,2019,2020\nA,1,2\nB,3,4\n", ("title", "2019", "2020"), 2),
    ],
)
def test_headers(tmp_path: Path, text: str, columns: tuple[str, ...], rows: int) -> None:
    table = one_table(text, tmp_path)
    assert table.columns == columns
    assert len(rows_of(table)) == rows and malformed(table) == []


def test_ragged_rows(tmp_path: Path) -> None:
    text = "id,title,year,overview,genres\n" + "".join(
        f"{i},Film {i},19{i},text of it,Drama\n" for i in range(10, 20)
    )
    text += "20,Short,1990\n21,Long,1991,text,War,,\n22,Too long,1992,text,War,x\nTotal: 12\n"
    text += "23,Cut in,1993,first half\nof the text,Drama\n24,Last,1994,text,War\n"
    table = one_table(text, tmp_path)
    rows = {row["id"]: row for row in rows_of(table)}
    assert rows["20"]["overview"] is None and rows["20"]["year"] == "1990"
    assert rows["21"]["genres"] == "War"
    assert rows["23"]["overview"] == "first half\nof the text" and rows["23"]["genres"] == "Drama"
    assert rows["24"]["title"] == "Last" and len(rows) == 14
    assert malformed(table) == [
        "6 cells where the header has 5, up to line 14",
        "1 cells where the header has 5, up to line 15",
    ]


def test_backslashes_before_quotes(tmp_path: Path) -> None:
    text = (
        'id,title,overview\n1,"The \\"Salt\\", lamp","C:\\\\films"\n2,\\"B\\" side,\\N\n3,"C",x\n'
    )
    rows = rows_of(one_table(text, tmp_path))
    assert [row["title"] for row in rows] == ['The "Salt", lamp', '"B" side', "C"]
    assert rows[1]["overview"] == "\\N"


def test_a_tsv_with_quoted_cells(tmp_path: Path) -> None:
    text = 'id\ttitle\toverview\n1\t"The ""Salt"""\t"two\nlines"\n2\tB\tplain\n3\t"C\tD"\te\n'
    rows = rows_of(one_table(text, tmp_path))
    assert [(row["title"], row["overview"]) for row in rows] == [
        ('The "Salt"', "two\nlines"),
        ("B", "plain"),
        ("C\tD", "e"),
    ]


def test_a_table_without_a_header(tmp_path: Path) -> None:
    text = "975900\t/m/03vyhn\tGhosts of Mars\t2001\n3196793\t/m/08yl5d\tGetting Away\t2000\n"
    table = one_table(text, tmp_path, column_map={"movie_id": "1", "title": "3"})
    assert table.columns == ("1", "2", "3", "4")
    assert [row["3"] for row in rows_of(table)] == ["Ghosts of Mars", "Getting Away"]


CELLS = st.text(alphabet="ab \n,;\t\"'|é\\", max_size=8)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, st.integers(0, 99)), min_size=1, max_size=12),
    separator=st.sampled_from(",;"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_csv_module_writes_is_read(
    tmp_path: Path, rows: list[tuple[str, str, int]], separator: str, quoting: int
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["id", "title", "overview", "year", "language"])
    for i, (title, overview, year) in enumerate(rows):
        writer.writerow([f"tt{i:04}", title, overview, 1900 + year, "en"])
    found = rows_of(one_table(stream.getvalue(), tmp_path), 5)
    if '\\"' in stream.getvalue():  # either a backslash before a quote, or an escaped quote
        assert len(found) <= len(rows)
        return
    assert [(row["title"], row["overview"], row["year"]) for row in found] == [
        (title, overview, str(1900 + year)) for title, overview, year in rows
    ]


def test_a_name_thousands_of_times_costs_no_time(tmp_path: Path) -> None:
    names = ["title", *["x"] * 16_000, "x.2"]
    row = ",".join(["Salt", *["1"] * 16_001])
    table = one_table(",".join(names) + f"\n{row}\n{row}\n", tmp_path)
    assert len(set(table.columns)) == len(names)
    assert table.columns[:3] == ("title", "x", "x.2")
    chunk = next(table.chunks(["title"], 10))
    assert chunk.cells == {"title": ["Salt", "Salt"]}


def test_more_columns_than_a_table_of_films_can_have(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("title" + ",c" * 30_000 + "\nSalt" + ",1" * 30_000 + "\n")
    with pytest.raises(NotATable, match="30001 cells, more than 20000"):
        open_tables(path, SETTINGS)


def test_a_long_cell_is_read_whatever_the_process_has_set(tmp_path: Path) -> None:
    limit = csv.field_size_limit(131_072)
    try:
        text = "title,year,overview\nSalt,1990," + "x" * 200_000 + "\nWaltz,1991,Short\n"
        assert titles(one_table(text, tmp_path)) == ["Salt", "Waltz"]
    finally:
        csv.field_size_limit(limit)
