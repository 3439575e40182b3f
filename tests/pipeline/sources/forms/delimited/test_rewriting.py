"""Texts with unusual quotes and separators are read as if they had the usual ones."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.sources.forms.delimited.rewriting import PLAIN, Rewriting, find_rewriting
from tests.support.raw_tables import one_table, rows_of, write_xlsx

ROWS = [
    {"title": "Salt Lamp", "year": "1990", "plot": 'It\'s over, and "all" go home.'},
    {"title": "Ed's Road", "year": "1991", "plot": "Two brothers, one coffin."},
    {"title": "Waltz", "year": "1992", "plot": "A robot learns the waltz."},
]
NAMES = ("title", "year", "plot")


def text(separator: str, opening: str = "", closing: str = "", doubled: str = "") -> str:
    lines = [NAMES, *(tuple(row.values()) for row in ROWS)]
    return "".join(
        separator.join(
            opening + (cell.replace(doubled, doubled * 2) if doubled else cell) + closing
            for cell in line
        )
        + "\r\n"
        for line in lines
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quotes", ["''", "“”", "„“", "«»", "””"])
def test_other_quotes(tmp_path: Path, separator: str, quotes: str) -> None:
    opening, closing = quotes
    table = one_table(text(separator, opening, closing, "'" if opening == "'" else ""), tmp_path)
    assert table.columns == NAMES
    assert rows_of(table) == ROWS


@pytest.mark.parametrize("separator", ["^", "\x01", "~|~", "::", "||", "|^|", "~"])
def test_other_separators(tmp_path: Path, separator: str) -> None:
    table = one_table(text(separator), tmp_path)
    assert table.form.separator == separator
    assert rows_of(table) == ROWS


def test_each_row_is_quoted_as_a_whole(tmp_path: Path) -> None:
    plain = text(",", '"', '"', '"').splitlines()
    quoted = ['"' + line.replace('"', '""') + '"' for line in plain]
    assert rows_of(one_table("\n".join(quoted), tmp_path)) == ROWS
    header_bare = "\n".join(["title,year,plot", *(f"{line};;" for line in quoted[1:])])
    assert rows_of(one_table(header_bare, tmp_path)) == ROWS


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("“A”,Text “here”", ["A", "Text “here”"]),
        ("“He said “no”, twice”,“b”", ["He said “no”, twice", "b"]),
        ("„Sie sagte „nein“, laut“,1", ["Sie sagte „nein“, laut", "1"]),
        ("”a, b”,”c”", ["a, b", "c"]),
        ('“a "b", c”,“d”', ['a "b", c', "d"]),
        ("“never closed,b", ["“never closed", "b"]),
    ],
)
def test_curly_quotes_in_texts_stay(line: str, cells: list[str]) -> None:
    written = Rewriting("curly").lines([line + "\n"])
    assert list(csv.reader(written)) == [cells]


def test_single_quotes_with_line_ends_and_backslashes(tmp_path: Path) -> None:
    lines = "id,'title','plot'\n1,'Ed\\'s','One,\ntwo'\n2,'B','x, y'\n3,'C','z'\n"
    assert [row["title"] for row in rows_of(one_table(lines, tmp_path))] == ["Ed's", "B", "C"]


@pytest.mark.parametrize(
    "lines",
    [
        "title,plot\n'Tis,A 'quoted' word\n'Twas,Another 'one'\n",
        "title\tgenres\nSalt\t['A','B','C']\nWaltz\t['A','B','D']\n",
        "title,plot\n“Salt” is here,Text\nWaltz,“Text”\n",
        'title,plot\n"Salt, one","a"\n"Waltz","b"\n',
        "id|a||b\n1|x||y\n2|x||y\n",
        "title^2,plot\nA^,b\nB^,c\n",
        "He met 'her'\n'She' left\n",
    ],
)
def test_usual_texts_stay_as_they_are(lines: str) -> None:
    assert find_rewriting(lines.splitlines(keepends=True)) is PLAIN


def test_names_below_merged_cells(tmp_path: Path) -> None:
    films = [["Salt Lamp", 1990, "x" * 80], ["Waltz Nine", 1991, "y" * 80], ["Coda", 1992, "z"]]
    path = write_xlsx(
        tmp_path / "a.xlsx", {"S": [["Film", None, "Text"], ["Title", "Year", "Plot"], *films]}
    )
    assert one_table(path, tmp_path).columns == ("Title", "Year", "Plot")
    path = write_xlsx(tmp_path / "b.xlsx", {"S": [["Title", None, "Plot"], *films]})
    assert one_table(path, tmp_path).columns[0] == "Title"
