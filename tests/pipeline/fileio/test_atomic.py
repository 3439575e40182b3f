"""Files are written completely or not at all, and equal tables give equal bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.fileio.atomic import replacing, write_bytes
from pipeline.fileio.manifest import FileRef, fingerprint
from pipeline.fileio.parquet import read_groups, table_digest, write_table
from pipeline.storage.work_store import WorkStore


def test_same_values_same_bytes(tmp_path: Path) -> None:
    vectors = pa.FixedSizeListArray.from_arrays(
        pa.array(np.arange(4_000, dtype=np.float16) % 7, pa.float16()), 4
    )
    whole = pa.table({"movie_id": [f"id{n}" for n in range(1_000)], "vector": vectors})
    pieces = pa.concat_tables([whole.slice(start, 137) for start in range(0, 1_000, 137)])
    annotated = pieces.replace_schema_metadata({"pandas": "{}", "created": "today"})
    sliced = pa.concat_tables([whole, whole]).slice(1_000)
    written_files = [
        write_table(tmp_path / f"{n}.parquet", each)
        for n, each in enumerate((whole, pieces, annotated, sliced))
    ]
    assert len(set(written_files)) == 1
    long = pa.table({"text": [fingerprint(n) for n in range(40_000)]})  # several pages
    cut = pa.concat_tables([long.slice(start, 7_777) for start in range(0, 40_000, 7_777)])
    assert write_table(tmp_path / "l.parquet", long) == write_table(tmp_path / "c.parquet", cut)
    other = write_table(tmp_path / "other.parquet", whole.slice(1))
    assert other not in written_files
    store = WorkStore(tmp_path)
    ref = FileRef("0.parquet", *written_files[0], 1_000)
    assert store.read(ref).schema == whole.schema
    assert store.read(ref).equals(whole)


def test_write_bytes_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "latest"
    write_bytes(path, b"one\n")
    with open(path, "rb") as reader:
        write_bytes(path, b"two\n")
        assert reader.read() == b"one\n"
    assert path.read_bytes() == b"two\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["latest"]


def test_a_failed_write_leaves_the_old_file_and_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "table"
    write_bytes(path, b"one")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        _ = 1 / 0
    assert path.read_bytes() == b"one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table"]


def test_an_exclusive_writer_removes_temporary_files_of_killed_writers(tmp_path: Path) -> None:
    path, abandoned, other = (tmp_path / n for n in ("table", ".table.0123.tmp", ".other.0123.tmp"))
    abandoned.write_bytes(b"half")
    other.write_bytes(b"half")
    with replacing(path) as temporary:
        temporary.write_bytes(b"one")
    assert abandoned.exists(), "another process may be writing it"
    with replacing(path, alone=True) as temporary:
        temporary.write_bytes(b"two")
    assert path.read_bytes() == b"two"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [other.name, path.name]


def test_bytes_of_several_row_groups_depend_on_the_values_only(tmp_path: Path) -> None:
    table = pa.table({"n": list(range(35)), "t": [f"film {n % 4}" for n in range(35)]})
    pieces = pa.concat_tables([table.slice(0, 3), table.slice(3, 19), table.slice(22)])
    written = [
        write_table(tmp_path / name, t, group_rows=10) for name, t in (("a", table), ("b", pieces))
    ]
    assert written[0] == written[1]
    groups = list(read_groups(tmp_path / "b", size=written[1][1], sha256=written[1][0]))
    assert [len(group) for group in groups] == [10, 10, 10, 5]
    assert pa.concat_tables(groups).equals(table)
    digests = {table_digest(t) for t in (table, pieces)}
    assert len(digests) == 1
    assert table_digest(table.slice(1).combine_chunks()) not in digests
