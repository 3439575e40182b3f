"""Parts that are read ahead: all of them, in their order, one ahead of the reader."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pyarrow as pa
import pytest

from pipeline.fileio.read_ahead import read_ahead


def test_all_parts_come_in_their_order() -> None:
    parts = [pa.table({"n": [n] * n}) for n in range(5)]
    assert [len(part) for part in read_ahead(parts)] == [0, 1, 2, 3, 4]
    assert not list(read_ahead([]))


def test_the_next_part_is_computed_while_one_is_used() -> None:
    computed = [threading.Event() for _ in range(4)]

    def parts() -> Iterator[pa.Table]:
        for event in computed:
            event.set()
            yield pa.table({"n": [1]})

    reading = read_ahead(parts())
    next(reading)
    assert computed[1].wait(10)
    assert not computed[2].wait(0.05)
    assert len(list(reading)) == 3


def test_an_error_is_raised_in_its_place() -> None:
    def parts() -> Iterator[pa.Table]:
        yield pa.table({"n": [1]})
        raise ValueError("part 2")

    reading = read_ahead(parts())
    assert len(next(reading)) == 1
    with pytest.raises(ValueError, match="part 2"):
        next(reading)


def test_a_reader_that_stops_early_leaves_no_thread() -> None:
    reading = read_ahead(pa.table({"n": [n]}) for n in range(100))
    next(reading)
    reading.close()
    assert not any(thread.name.startswith("read-ahead") for thread in threading.enumerate())
