"""Parquet, Arrow, Feather and ORC files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SourceError
from pipeline.sources.forms import open_tables
from tests.support.raw_tables import SETTINGS, rows_of

TABLE = pa.table({"id": [1, 2, 3], "title": ["Salt Lamp", "Été", None], "year": [1990, 1991, 1992]})


def write(folder: Path, kind: str) -> Path:
    path = folder / "films"
    if kind == "Parquet":
        pq.write_table(TABLE, path)
    elif kind == "Arrow file (Feather)":
        pyarrow.feather.write_feather(TABLE, path)
    elif kind == "ORC":
        pyarrow.orc.write_table(TABLE, path)
    else:
        with pa.ipc.new_stream(path, TABLE.schema) as writer:
            writer.write_table(TABLE)
    return path


@pytest.mark.parametrize("kind", ["Parquet", "Arrow file (Feather)", "Arrow stream", "ORC"])
def test_rows_of_every_form(tmp_path: Path, kind: str) -> None:
    (table,) = open_tables(write(tmp_path, kind), SETTINGS)
    assert table.form.kind == kind and table.columns == ("id", "title", "year")
    assert rows_of(table) == TABLE.to_pylist()
    chunks = list(table.chunks(["title", "absent"], 10))
    assert chunks[0].cells == {"title": ["Salt Lamp", "Été", None]}


@pytest.mark.parametrize("kind", ["Parquet", "Arrow file (Feather)", "Arrow stream", "ORC"])
def test_a_cut_file_is_an_error(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(SourceError, match="films"):
        rows_of(open_tables(path, SETTINGS)[0])


def test_structures_dates_bytes_and_the_attribution(tmp_path: Path) -> None:
    table = pa.table(
        {
            "imdb": [{"rating": 7.5, "inner": {"x": 1}}, None],
            "released": pa.array([951_782_400 * 10**9 + 1, None], pa.timestamp("ns", "UTC")),
            "title": pa.array([b"Am\xe9lie", None]).view(pa.string()),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
        }
    ).replace_schema_metadata({"attribution": "Films of\n someone"})
    pq.write_table(table, tmp_path / "a")
    (found,) = open_tables(tmp_path / "a", SETTINGS)
    assert found.columns == ("imdb", "released", "title", "kind", "imdb.rating")
    assert found.attribution == "Films of someone"
    first, second = rows_of(found)
    assert (first["imdb.rating"], first["released"]) == (7.5, date(2000, 2, 29))
    assert (first["title"], first["kind"]) == ("Amélie", "a")
    assert second["imdb.rating"] is None
    (chunk,) = found.chunks(["imdb.rating"], 10)
    assert chunk.cells == {"imdb.rating": [7.5, None]}
