"""A table that is edited part by part equals one that is edited as a whole."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline.fileio.external_sort import StreamedTable
from pipeline.update.edited_table import replace_rows

KEYS = ("movie_id", "rank")
ORDER = [(key, "ascending") for key in KEYS]


def lists(films: list[int], seed: int) -> pa.Table:
    """Three rows of each film."""
    rng = np.random.default_rng(seed)
    ids = [f"{film:04d}" for film in films for _ in range(3)]
    ranks = pa.array([1, 2, 3] * len(films), pa.int16())
    return pa.table({"movie_id": ids, "rank": ranks, "n": rng.integers(0, 99, len(ids))})


@pytest.mark.parametrize("rows", [1, 7, 64, 1_000])
def test_parts_of_any_size_give_the_same_rows(rows: int) -> None:
    before = lists(list(range(100, 200)), seed=1)
    parts = [before.slice(start, rows) for start in range(0, len(before), rows)]
    added = lists([3, 150, 151, 500, 501], seed=2)
    without = pa.array(["0100", "0150", "0151", "0199"])
    edited = replace_rows(
        StreamedTable(before.schema, len(before), lambda: parts), KEYS, without, added, 12
    )
    kept = before.filter(pc.invert(pc.is_in(before["movie_id"], value_set=without)))
    expected = pa.concat_tables([kept, added]).sort_by(ORDER)
    assert pa.concat_tables(edited).equals(expected)
    assert edited.num_rows == len(expected)


def test_parts_without_changes_are_passed_on() -> None:
    parts = [lists([1, 2], seed=1), lists([3, 4], seed=2)]
    before = StreamedTable(parts[0].schema, 12, lambda: parts)
    edited = list(replace_rows(before, KEYS, pa.array(["0004"]), lists([], seed=3), 3))
    assert edited[0] is parts[0]
    assert edited[1].num_rows == 3


def test_the_mark_is_that_of_the_change() -> None:
    part = lists([1, 2, 3], seed=1)
    before = StreamedTable(part.schema, 9, lambda: [part])
    none, one = pa.array([], pa.string()), pa.array(["0001"])
    marks = {
        replace_rows(before, KEYS, without, added, 0).mark
        for without in (none, one)
        for added in (lists([], seed=1), lists([9], seed=1), lists([9], seed=2))
    }
    assert len(marks) == 6
