"""How bytes reach the disk: whole, and the same for the same table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.fileio.atomic import replacing
from pipeline.fileio.manifest import FileRef
from pipeline.fileio.parquet import read_groups, table_digest, write_table
from pipeline.storage.work_store import Store, fingerprint, write_bytes


def test_same_values_same_bytes(tmp_path: Path) -> None:
    vectors = pa.FixedSizeListArray.from_arrays(
        pa.array(np.arange(4_000, dtype=np.float16) % 7, pa.float16()), 4
    )
    whole = pa.table({"movie_id": [f"id{n}" for n in range(1_000)], "vector": vectors})
    pieces = pa.concat_tables([whole.slice(start, 137) for start in range(0, 1_000, 137)])
    named = pieces.replace_schema_metadata({"pandas": "{}", "made": "today"})
    sliced = pa.concat_tables([whole, whole]).slice(1_000)
    sums = [
        write_table(tmp_path / f"{n}.parquet", each)
        for n, each in enumerate((whole, pieces, named, sliced))
    ]
    assert len(set(sums)) == 1
    long = pa.table({"text": [fingerprint(n) for n in range(40_000)]})  # several pages
    cut = pa.concat_tables([long.slice(start, 7_777) for start in range(0, 40_000, 7_777)])
    assert write_table(tmp_path / "l.parquet", long) == write_table(tmp_path / "c.parquet", cut)
    other = write_table(tmp_path / "other.parquet", whole.slice(1))
    assert other not in sums
    store = Store(tmp_path)
    ref = FileRef("0.parquet", *sums[0], 1_000)
    assert store.read(ref).schema == whole.schema
    assert store.read(ref).equals(whole)


def test_write_bytes_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "latest"
    write_bytes(path, b"one\n")
    with open(path, "rb") as reader:
        write_bytes(path, b"two\n")
        assert reader.read() == b"one\n"
    assert path.read_bytes() == b"two\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["latest"]


def test_what_fails_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "table"
    write_bytes(path, b"one")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        _ = 1 / 0
    assert path.read_bytes() == b"one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table"]


def test_who_writes_alone_removes_what_killed_writers_left(tmp_path: Path) -> None:
    path, left, other = (tmp_path / n for n in ("table", ".table.0123.tmp", ".other.0123.tmp"))
    left.write_bytes(b"half")
    other.write_bytes(b"half")
    with replacing(path) as temporary:
        temporary.write_bytes(b"one")
    assert left.exists(), "somebody else may be writing it"
    with replacing(path, alone=True) as temporary:
        temporary.write_bytes(b"two")
    assert path.read_bytes() == b"two"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [other.name, path.name]


def test_many_groups_have_the_bytes_of_their_values_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.fileio.parquet.ROW_GROUP_ROWS", 10)
    table = pa.table({"n": list(range(35)), "t": [f"film {n % 4}" for n in range(35)]})
    pieces = pa.concat_tables([table.slice(0, 3), table.slice(3, 19), table.slice(22)])
    written = [write_table(tmp_path / name, t) for name, t in (("a", table), ("b", pieces))]
    assert written[0] == written[1]
    groups = list(read_groups(tmp_path / "b", size=written[1][1], sha256=written[1][0]))
    assert [len(group) for group in groups] == [10, 10, 10, 5]
    assert pa.concat_tables(groups).equals(table)
    digests = {table_digest(t) for t in (table, pieces)}
    assert len(digests) == 1
    assert table_digest(table.slice(1).combine_chunks()) not in digests
