"""Tables in parts: written like whole tables, and sorted in little memory."""

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
from pipeline.fileio.external_sort import StreamedTable, sort_streamed
from pipeline.fileio.parquet import read_table, write_table

SCHEMA = pa.schema(
    [
        ("movie_id", pa.string()),
        ("rank", pa.int16()),
        ("words", pa.list_(pa.string())),
        ("x", pa.float32()),
        ("text", pa.string()),
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


def cut(whole: pa.Table, rows: int) -> StreamedTable:
    def parts() -> Iterator[pa.Table]:
        for start in range(0, len(whole), rows):
            yield whole.slice(start, rows)

    return StreamedTable(whole.schema, len(whole), parts)


@pytest.mark.parametrize("rows", [1, 700, 65_536])
def test_parts_are_written_like_the_whole_table(tmp_path: Path, rows: int) -> None:
    whole = table()
    expected = write_table(tmp_path / "whole", whole, group_rows=512)
    assert write_table(tmp_path / "cut", cut(whole, rows), group_rows=512) == expected
    assert read_table(tmp_path / "cut").equals(whole)


def test_a_table_without_rows(tmp_path: Path) -> None:
    nothing = cut(table(0), 5)
    assert write_table(tmp_path / "cut", nothing) == write_table(tmp_path / "whole", table(0))
    assert [len(part) for part in sort_streamed(nothing, ["movie_id"], tmp_path)] == [0]


@pytest.mark.parametrize("rows", [3, 90, 2_000])
@pytest.mark.parametrize("files", [1, 7, 256])
def test_the_order_is_that_of_arrow(tmp_path: Path, rows: int, files: int) -> None:
    whole = table()
    keys = ["movie_id", "rank", "x"]
    ordered = sort_streamed(cut(whole, rows), keys, tmp_path, rows=-(-2_000 // files))
    expected = whole.sort_by([(key, "ascending") for key in keys])
    for _ in range(2):  # each iteration sorts again
        assert pa.concat_tables(list(ordered)).equals(expected)
    assert (ordered.num_rows, ordered.schema) == (2_000, SCHEMA)
    assert list(tmp_path.iterdir()) == []


def test_a_sample_makes_ranges_even_if_the_first_part_does_not_represent_the_table(
    tmp_path: Path,
) -> None:
    ids = [f"{number:04d}" for number in range(2_000)]
    sorted_already = cut(pa.table({"movie_id": ids}), 100)
    sample = pa.chunked_array([sorted(np.random.default_rng(1).permutation(ids)[:1_000].tolist())])
    # without a sample, the last range has 1,905 rows and is divided again by its own sample
    for known, least, most in ((sample, 100, 150), (None, 20, 400)):
        parts = list(sort_streamed(sorted_already, ["movie_id"], tmp_path, known, rows=100))
        assert pa.concat_tables(parts).column("movie_id").to_pylist() == ids
        assert least <= max(len(part) for part in parts) <= most


def test_a_range_with_too_many_rows_is_divided_again(tmp_path: Path) -> None:
    whole = table()
    keys = ["movie_id", "rank", "x"]
    parts = list(sort_streamed(cut(whole, 700), keys, tmp_path, rows=10, max_files=4))
    assert pa.concat_tables(parts).equals(whole.sort_by([(key, "ascending") for key in keys]))
    # four files would have some 500 rows each; the 40 rows without an id cannot be divided
    assert max(len(part) for part in parts) <= 60
    assert list(tmp_path.iterdir()) == []


def test_a_range_of_sorted_rows_is_divided_evenly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth = 0
    inner = external_sort._sort

    def counted(*args: Any) -> Iterator[pa.Table]:
        nonlocal depth
        depth += 1
        yield from inner(*args)

    monkeypatch.setattr(external_sort, "_sort", counted)
    ids = [f"{number:04d}" for number in range(2_000)]
    table = cut(pa.table({"movie_id": ids}), 50)
    parts = list(sort_streamed(table, ["movie_id"], tmp_path, rows=10, max_files=4))
    assert pa.concat_tables(parts)["movie_id"].to_pylist() == ids
    assert max(len(part) for part in parts) <= 40
    # all but some 40 rows are in the last range, which is divided into four, and so on: 1 + 1 + 4 +
    # 16 calls; borders from its first rows would separate only a few rows in each call
    assert depth <= 40


def test_rows_with_the_same_first_key_stay_in_one_part(tmp_path: Path) -> None:
    whole = pa.table({"movie_id": ["a", *["b"] * 300, "c"], "rank": range(302)})
    keys = ["movie_id", "rank"]
    parts = list(sort_streamed(cut(whole, 50), keys, tmp_path, rows=10, max_files=4))
    assert pa.concat_tables(parts).equals(whole)
    assert sum("b" in part["movie_id"].to_pylist() for part in parts) == 1


def test_the_error_of_a_damaged_part_is_raised(tmp_path: Path) -> None:
    def parts() -> Iterator[pa.Table]:
        yield table(10)
        raise CorruptFileError("p00001: altered")

    with pytest.raises(CorruptFileError, match="p00001: altered"):
        list(sort_streamed(StreamedTable(SCHEMA, 20, parts), ["movie_id"], tmp_path, rows=5))
    assert list(tmp_path.iterdir()) == []


def test_rows_without_a_key_are_last_even_if_the_input_starts_with_them(tmp_path: Path) -> None:
    ids = [None, None, None, None, "b", None, "a", "c"]
    table = cut(pa.table({"movie_id": pa.array(ids, pa.string())}), 4)
    ordered = sort_streamed(table, ["movie_id"], tmp_path, rows=3)
    found = pa.concat_tables(list(ordered)).column("movie_id").to_pylist()
    assert found == ["a", "b", "c", *[None] * 5]


_SORTS = """
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.lib.machine import Watch
from pipeline.observability.memory import release_memory
from pipeline.fileio.external_sort import StreamedTable, sort_streamed
from pipeline.fileio.parquet import read_table, write_table

ROWS = 4_000
folder, long = Path(sys.argv[1]), "a film about films " * 150  # some 3 KB


def parts(count):
    chance = np.random.default_rng(3)
    for _ in range(count):
        ids = [f"tmdb:{i}" for i in chance.integers(0, 10**9, 1_000)]
        yield pa.table({"movie_id": ids, "text": [f"{i} {long}" for i in ids]})


def grown(count):
    table = StreamedTable(next(parts(1)).schema, count * 1_000, lambda: parts(count))
    path = folder / f"{count}.parquet"
    release_memory()
    with Watch() as watch:
        write_table(path, sort_streamed(table, ["movie_id"], folder, rows=ROWS), group_rows=ROWS)
    ids = read_table(path, ["movie_id"]).column("movie_id").to_pylist()
    assert len(ids) == count * 1_000 and ids == sorted(ids)
    return watch.grown_mib * 2**20


grown(8)  # libraries allocate memory of their own at first
print((grown(80) - grown(20)) / 60_000)
"""


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    # in a new process, without the memory that other tests use
    done = subprocess.run(
        [sys.executable, "-c", _SORTS, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 1_024
