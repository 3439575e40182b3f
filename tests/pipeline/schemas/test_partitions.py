"""Partitions of rows by the ids of their films."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import StageError
from pipeline.schemas.partitions import partition_count, partition_ids, partition_of


def test_partitions_are_stable() -> None:
    assert [partition_of(i, 16) for i in ("603", "tt0133093", "")] == [2, 11, 4]
    ids = [str(n) for n in range(5_000)]
    parts = partition_ids(pa.chunked_array([ids[:7], ids[7:]]), 16)
    assert parts.dtype == np.int32
    assert parts.tolist() == [partition_of(i, 16) for i in ids]
    assert partition_ids(ids, 16).tolist() == parts.tolist()
    sizes = np.bincount(parts, minlength=16)
    assert sizes.min() > 230
    assert sizes.max() < 400
    assert partition_ids([], 4).shape == (0,)
    with pytest.raises(StageError, match="row 1"):
        partition_ids(pa.array(["a", None]), 4)


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (0, 1),
        (1, 1),
        (256, 1),
        (257, 2),
        (2_048, 8),
        (8_192, 8),
        (8_193, 9),
        (16_384, 16),
        (65_536, 16),
        (131_072, 16),
        (131_073, 17),
        (1_000_000, 123),
    ],
)
def test_partition_count_is_a_function_of_rows(rows: int, count: int) -> None:
    assert partition_count(rows) == count
