"""The form of a file comes from its content: the cases, names that mislead, damage, fuzz."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import NotATable, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.forms import open_tables
from tests.support.cases import case
from tests.support.raw_tables import SETTINGS, one_table, rows_of, titles, write_xlsx

FILMS = [
    {"id": i, "title": f"Film {i}", "year": 1990 + i, "overview": "A map, lost"}
    for i in range(1, 5)
]
CSV = "id,title,year,overview\n" + "".join(
    f'{f["id"]},{f["title"]},{f["year"]},"{f["overview"]}"\n' for f in FILMS
)
SALT = ["Salt Lamp", "Waltz Nine", "The Coffin Road"]


@pytest.mark.parametrize(
    "name",
    [
        "archive.zip",
        "comma.tsv",
        "films.csv.bz2",
        "films.csv.xz",
        "gzip_named.csv",
        "pipe.csv",
        "preamble.csv",
        "semicolon_comma_in_header.csv",
        "sep_line.csv",
        "tab.csv",
        "tab.txt",
        "year=1999/films.csv",
    ],
)
def test_files_of_case_23(name: str) -> None:
    (table,) = open_tables(case(f"23-file-forms/{name}"), SETTINGS)
    rows = rows_of(table)
    assert [row["title"] for row in rows] == SALT
    assert [row["year"] for row in rows] == ["1990", "1991", "1992"]
    assert rows[0]["overview"].startswith("A lighthouse keeper hides")


@pytest.mark.parametrize(
    "name",
    [
        "api_page.json",
        "array_compact.json",
        "array_line_by_line.json",
        "array_pretty.json",
        "by_id.json",
        "es_bulk.jsonl",
        "genre_ids.jsonl",
        "mongo_extended.jsonl",
        "pretty_concatenated.json",
        "trailing_commas.jsonl",
    ],
)
def test_documents_of_case_03(name: str) -> None:
    (table,) = open_tables(case(f"03-json-documents/{name}"), SETTINGS)
    rows = rows_of(table)
    assert [row["title"] for row in rows] == [*SALT, "Ward of Songs"]
    assert [row["year"] for row in rows] == [1990, 1991, 1992, 1993]
    if name == "mongo_extended.jsonl":
        assert rows[1]["_id"] == "000000000000000000000001"
        assert rows[0]["released"] == "2001-02-03"
    else:
        assert [str(row["id"]) for row in rows] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("pack", "compression"),
    [
        (gzip.compress, "gzip"),
        (bz2.compress, "bzip2"),
        (lzma.compress, "xz"),
        (lambda data: pa.compress(data, "zstd", asbytes=True), "zstd"),
        (lambda data: gzip.compress(data[:40]) + gzip.compress(data[40:]), "gzip"),
        (lambda data: bz2.compress(gzip.compress(data)), "gzip, bzip2"),
    ],
)
def test_compression_is_recognized_by_bytes(
    tmp_path: Path, pack: Callable[[bytes], bytes], compression: str
) -> None:
    table = one_table(pack(CSV.encode()), tmp_path)
    assert table.form.compression == compression
    assert titles(table) == [film["title"] for film in FILMS]


def test_a_compressed_parquet_file_with_another_name(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(FILMS), tmp_path / "a.parquet")
    table = one_table(gzip.compress((tmp_path / "a.parquet").read_bytes()), tmp_path)
    assert (table.form.kind, table.form.compression) == ("Parquet", "gzip")
    assert rows_of(table) == FILMS


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'<?xml version="1.0"?>\n<films><film/></films>', "looks like XML"),
        (b"<!DOCTYPE html><html>, 404, </html>", "looks like HTML"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x80\x04\x95\x10\x00\x00\x00", "pickle"),
        (b"-- dump\nCREATE TABLE films (id int, title text);\n", "SQL"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        (b"Dear reader,\nthis, as you see, is a letter, and\nno table.\n", "plain text"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b'{"title": "unfinished', "looks like JSON"),
        (b"[1, 2, 3]", "JSON object"),
        (b"{\\rtf1 text}", "RTF"),
        (bytes(range(256)) * 8, "binary data"),
    ],
)
def test_what_is_no_table_says_what_it_looks_like(
    tmp_path: Path, data: bytes, message: str
) -> None:
    with pytest.raises(NotATable, match=message) as error:
        one_table(data, tmp_path)
    assert str(error.value).startswith(str(tmp_path)) and "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "\n \n", "id,title,overview\n", "[]", "{}", "\ufeff"])
def test_files_without_rows_are_errors(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=r"empty|no rows"):
        one_table(text, tmp_path)


def test_a_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    bomb = gzip.compress(gzip.compress(b"id,title\n" + b"1,a\n" * 1_000_000))
    assert len(bomb) < 10_000
    with pytest.raises(SourceError, match="max_file_bytes"):
        table = one_table(bomb, tmp_path, max_file_bytes=100_000)
        rows_of(table, 1_000)
    layers = b"id,title\n1,a\n"
    for _ in range(6):
        layers = gzip.compress(layers)
    with pytest.raises(SourceError, match="compressed more than"):
        one_table(layers, tmp_path)


def test_partitions_are_columns_that_the_file_does_not_have(tmp_path: Path) -> None:
    path = tmp_path / "part-0"
    path.write_text(CSV)
    (table,) = open_tables(path, SETTINGS, {"year": "1800", "language": "de", "shelf": None})
    row = rows_of(table)[0]
    assert table.columns == ("id", "title", "year", "overview", "language", "shelf")
    assert (row["year"], row["language"], row["shelf"]) == ("1991", "de", None)


def _samples(folder: Path) -> list[bytes]:
    table = pa.Table.from_pylist(FILMS)
    pq.write_table(table, folder / "a.parquet")
    pyarrow.feather.write_feather(table, folder / "a.feather")
    write_xlsx(folder / "a.xlsx", {"Films": [list(FILMS[0]), *(list(f.values()) for f in FILMS)]})
    files = [folder / "a.parquet", folder / "a.feather", folder / "a.xlsx"]
    lines = "\n".join(json.dumps(film) for film in FILMS).encode()
    tsv = CSV.replace(",", "\t").encode()
    text = [
        CSV.encode(),
        tsv,
        json.dumps(FILMS).encode(),
        lines,
        json.dumps(FILMS, indent=1).encode(),
    ]
    return [
        *text,
        CSV.encode("utf-16"),
        gzip.compress(CSV.encode()),
        case("23-file-forms/archive.zip").read_bytes(),
        *(file.read_bytes() for file in files),
    ]


def _read_all(data: bytes, folder: Path) -> None:
    """Read a file: rows and malformed ones, or a `SourceError`, and nothing else."""
    path = folder / "fuzz"
    path.write_bytes(data)
    limit = SourceSettings(max_file_bytes=10_000_000)
    try:
        for table in open_tables(path, limit):
            assert table.form.kind
            for chunk in table.chunks(None, 3):
                assert 0 < chunk.rows <= 3
                assert all(len(cells) == chunk.rows for cells in chunk.cells.values())
                assert all(0 <= i < chunk.rows and why for i, why in chunk.malformed.items())
    except SourceError as error:
        assert str(path) in str(error)


_FUZZ = settings(
    max_examples=150,
    deadline=timedelta(seconds=5),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@given(data=st.binary(max_size=300))
@_FUZZ
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    _read_all(data, tmp_path)


@given(text=st.text(alphabet='ab1,;|\t"\n\r\\ \x00{}[]:é中', max_size=200))
@_FUZZ
def test_any_text_of_separators_quotes_and_brackets(tmp_path: Path, text: str) -> None:
    _read_all(("id,title,overview\n" + text).encode(), tmp_path)
    _read_all(text.encode(), tmp_path)
    _read_all(("[{" + text).encode(), tmp_path)


@given(data=st.data())
@_FUZZ
def test_damaged_files_of_every_form(tmp_path: Path, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(_samples(tmp_path)))
    kind = data.draw(st.sampled_from(["cut", "change", "insert"]))
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.binary(min_size=1, max_size=8))
    damaged = {
        "cut": whole[:at],
        "change": whole[:at] + other + whole[at + len(other) :],
        "insert": whole[:at] + other + whole[at:],
    }[kind]
    _read_all(damaged, tmp_path)
