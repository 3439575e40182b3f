"""Tables in parts: written as if whole, and sorted in little memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import CorruptFileError
from pipeline.fileio import external_sort
from pipeline.fileio.external_sort import Streamed, in_order
from pipeline.fileio.parquet import read_table, write_table

SCHEMA = pa.schema(
    [
        ("movie_id", pa.string()),
        ("rank", pa.int16()),
        ("words", pa.list_(pa.string())),
        ("x", pa.float32()),
        ("told", pa.string()),
    ]
)
IDS = ["tmdb:9", "tmdb:10", "Ärger", "zz", "a", "", "東京", "tmdb:1", None]


def table(rows: int = 2_000) -> pa.Table:
    chance = np.random.default_rng(7)
    numbers = chance.permutation(rows)
    ids = [None if i % 50 == 0 else f"{IDS[i % 8]}{i // 3}" for i in numbers.tolist()]
    words = [[f"w{i % 7}", None] if i % 5 else None for i in range(rows)]
    columns = [
        pa.array(ids, pa.string()),
        pa.array(numbers % 300, pa.int16()),
        pa.array(words, pa.list_(pa.string())),
        pa.array(chance.normal(size=rows), pa.float32()),
        pa.array(["a film " * (i % 40) for i in range(rows)], pa.string()),
    ]
    return pa.table(columns, schema=SCHEMA)


def cut(whole: pa.Table, rows: int) -> Streamed:
    def parts() -> Iterator[pa.Table]:
        for start in range(0, len(whole), rows):
            yield whole.slice(start, rows)

    return Streamed(whole.schema, len(whole), parts)


@pytest.mark.parametrize("rows", [1, 700, 65_536])
def test_parts_are_written_as_the_whole_is(
    tmp_path: Path, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.fileio.parquet.ROW_GROUP_ROWS", 512)
    whole = table()
    expected = write_table(tmp_path / "whole", whole)
    assert write_table(tmp_path / "cut", cut(whole, rows)) == expected
    assert read_table(tmp_path / "cut").equals(whole)


def test_no_rows_are_a_table_too(tmp_path: Path) -> None:
    nothing = cut(table(0), 5)
    assert write_table(tmp_path / "cut", nothing) == write_table(tmp_path / "whole", table(0))
    assert [len(part) for part in in_order(nothing, ["movie_id"], tmp_path)] == [0]


@pytest.mark.parametrize("rows", [3, 90, 2_000])
@pytest.mark.parametrize("files", [1, 7, 256])
def test_rows_come_in_the_order_that_arrow_gives(
    tmp_path: Path, rows: int, files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.fileio.external_sort._ROWS", -(-2_000 // files))
    whole = table()
    keys = ["movie_id", "rank", "x"]
    ordered = in_order(cut(whole, rows), keys, tmp_path)
    expected = whole.sort_by([(key, "ascending") for key in keys])
    for _ in range(2):  # it can be gone through again
        assert pa.concat_tables(list(ordered)).equals(expected)
    assert (ordered.num_rows, ordered.schema) == (2_000, SCHEMA)
    assert list(tmp_path.iterdir()) == []


def test_ranges_are_even_by_a_sample_where_the_first_part_is_one_sided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.fileio.external_sort._ROWS", 100)
    ids = [f"{number:04d}" for number in range(2_000)]
    sorted_already = cut(pa.table({"movie_id": ids}), 100)
    sample = pa.chunked_array([sorted(np.random.default_rng(1).permutation(ids)[:1_000].tolist())])
    # without one, 1,905 rows are in the last range, which is parted again by a sample of its own
    for known, least, most in ((sample, 100, 150), (None, 20, 400)):
        parts = list(in_order(sorted_already, ["movie_id"], tmp_path, known))
        assert pa.concat_tables(parts).column("movie_id").to_pylist() == ids
        assert least <= max(len(part) for part in parts) <= most


def test_a_range_with_too_many_rows_is_parted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.fileio.external_sort._ROWS", 10)
    monkeypatch.setattr("pipeline.fileio.external_sort._MOST_FILES", 4)
    whole = table()
    keys = ["movie_id", "rank", "x"]
    parts = list(in_order(cut(whole, 700), keys, tmp_path))
    assert pa.concat_tables(parts).equals(whole.sort_by([(key, "ascending") for key in keys]))
    # four files would hold some 500 each; the 40 without an id cannot be parted
    assert max(len(part) for part in parts) <= 60
    assert list(tmp_path.iterdir()) == []


def test_a_range_that_came_in_order_is_parted_evenly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.fileio.external_sort._ROWS", 10)
    monkeypatch.setattr("pipeline.fileio.external_sort._MOST_FILES", 4)
    depth = 0
    inner = external_sort._sorted

    def counted(*args: Any) -> Iterator[pa.Table]:
        nonlocal depth
        depth += 1
        yield from inner(*args)

    monkeypatch.setattr(external_sort, "_sorted", counted)
    ids = [f"{number:04d}" for number in range(2_000)]
    parts = list(in_order(cut(pa.table({"movie_id": ids}), 50), ["movie_id"], tmp_path))
    assert pa.concat_tables(parts)["movie_id"].to_pylist() == ids
    assert max(len(part) for part in parts) <= 40
    # all but some 40 rows are in the last range, and are then parted into four, and so on: 1 + 1 +
    # 4 + 16; by its own first rows it would shed a few at a time
    assert depth <= 40


def test_rows_alike_in_the_first_key_are_never_parted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.fileio.external_sort._ROWS", 10)
    monkeypatch.setattr("pipeline.fileio.external_sort._MOST_FILES", 4)
    whole = pa.table({"movie_id": ["a", *["b"] * 300, "c"], "rank": range(302)})
    parts = list(in_order(cut(whole, 50), ["movie_id", "rank"], tmp_path))
    assert pa.concat_tables(parts).equals(whole)
    homes = [number for number, part in enumerate(parts) if "b" in part["movie_id"].to_pylist()]
    assert len(homes) == 1


def test_a_damaged_part_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.fileio.external_sort._ROWS", 5)

    def parts() -> Iterator[pa.Table]:
        yield table(10)
        raise CorruptFileError("p00001: altered")

    with pytest.raises(CorruptFileError, match="p00001: altered"):
        list(in_order(Streamed(SCHEMA, 20, parts), ["movie_id"], tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_rows_without_a_key_are_last_even_if_they_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.fileio.external_sort._ROWS", 3)
    ids = [None, None, None, None, "b", None, "a", "c"]
    ordered = in_order(
        cut(pa.table({"movie_id": pa.array(ids, pa.string())}), 4), ["movie_id"], tmp_path
    )
    found = pa.concat_tables(list(ordered)).column("movie_id").to_pylist()
    assert found == ["a", "b", "c", *[None] * 5]


_SORTS = """
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

import pipeline.fileio.external_sort
import pipeline.fileio.parquet
from benchmarks.lib.machine import Watch
from pipeline.observability.memory import give_back
from pipeline.fileio.external_sort import Streamed, in_order
from pipeline.fileio.parquet import read_table, write_table

pipeline.fileio.external_sort._ROWS = pipeline.fileio.parquet.ROW_GROUP_ROWS = 4_000
folder, long = Path(sys.argv[1]), "a film about films " * 150  # some 3 KB


def parts(count):
    chance = np.random.default_rng(3)
    for _ in range(count):
        ids = [f"tmdb:{i}" for i in chance.integers(0, 10**9, 1_000)]
        yield pa.table({"movie_id": ids, "told": [f"{i} {long}" for i in ids]})


def grown(count):
    made = Streamed(next(parts(1)).schema, count * 1_000, lambda: parts(count))
    path = folder / f"{count}.parquet"
    give_back()
    with Watch() as watch:
        write_table(path, in_order(made, ["movie_id"], folder))
    ids = read_table(path, ["movie_id"]).column("movie_id").to_pylist()
    assert len(ids) == count * 1_000 and ids == sorted(ids)
    return watch.grown_mib * 2**20


grown(8)  # libraries take their own
print((grown(80) - grown(20)) / 60_000)
"""


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    # in a process of its own: what other tests left in memory would be counted
    told = subprocess.run(
        [sys.executable, "-c", _SORTS, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert float(told.stdout) < 1_024
