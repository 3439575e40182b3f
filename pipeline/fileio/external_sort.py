"""Tables made or sorted a part at a time, for processes that cannot hold them whole."""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.fileio.atomic import making_room_told

__all__ = ["Streamed", "in_order"]

_ROWS = 32_768  # sorted in memory at once
_MOST_FILES = 256  # open at once
_LARGE = 4  # times _ROWS; a range of more rows is parted again
_SAMPLED = 4_096  # values by which it is parted


@dataclass(frozen=True)
class Streamed:
    """`vectors.Parts` of which `make` gives the parts, anew whenever they are gone through.

    Attributes
    ----------
    schema : of every part. num_rows : of all parts together.
    """

    schema: pa.Schema
    num_rows: int
    make: Callable[[], Iterable[pa.Table]]

    def __iter__(self) -> Iterator[pa.Table]:
        nothing = True
        for part in self.make():
            nothing = False
            yield part
        if nothing:
            yield self.schema.empty_table()


def in_order(
    table: Streamed, keys: Sequence[str], folder: Path, sample: pa.ChunkedArray | None = None
) -> Streamed:
    """The same rows sorted by the columns `keys`, strings by their UTF-8 bytes, nulls last.

    A distribution sort (Knuth 1998, volume 3, section 5.2.5) by ranges of the first key: rows are
    written into a file for each range under `folder`, and these are sorted one after the other, a
    large one in the same way. One part and some ten thousands of rows are in memory, or as many as
    are alike in the first key, which come in one part.

    Parameters
    ----------
    sample : sorted values of the first key, nulls last, that are spread as those of the table are;
        None takes the first part's. Ranges, and so memory, are as even as the sample is fair.

    Raises
    ------
    StoreError
        while the parts are taken, where there is no room for the files.
    """
    return Streamed(table.schema, table.num_rows, lambda: _sorted(table, keys, folder, sample))


def _sorted(
    table: Streamed,
    keys: Sequence[str],
    folder: Path,
    sample: pa.Array | pa.ChunkedArray | None,
) -> Iterator[pa.Table]:
    order = [(key, "ascending") for key in keys]
    files = min(_MOST_FILES, -(-table.num_rows // _ROWS))
    if files <= 1:
        yield pa.concat_tables(table).sort_by(order)
        return
    with tempfile.TemporaryDirectory(prefix=".sorting-", dir=folder) as scratch:
        paths = [Path(scratch) / f"{number:05d}.arrows" for number in range(files)]
        with making_room_told(paths[0]):
            borders = None if sample is None else _borders(sample, len(paths))
            held = _distribute(table, order, paths, borders)
        for path, rows in zip(paths, held, strict=True):
            if _ROWS * _LARGE < rows < table.num_rows:
                part = Streamed(table.schema, rows, partial(_read, path))
                yield from _sorted(part, keys, folder, _spread(part, keys[0]))
            else:
                yield pa.concat_tables(_read(path)).sort_by(order)
            path.unlink()


def _read(path: Path) -> Iterator[pa.Table]:
    """The rows of a file, in slices about as large as those that a file is sorted in."""
    with pa.ipc.open_stream(str(path)) as reader:
        some: list[pa.RecordBatch] = []
        for batch in reader:
            some.append(batch)
            if sum(map(len, some)) >= _ROWS:
                yield pa.Table.from_batches(some)
                some = []
        yield pa.Table.from_batches(some, reader.schema)


def _spread(table: Streamed, key: str) -> pa.Array:
    """Some thousands of the values of a column, evenly out of its parts, sorted, nulls last."""
    step = max(1, table.num_rows // _SAMPLED)
    parts = (part.column(key).combine_chunks() for part in table)
    values = pa.concat_arrays(
        [own.take(pa.array(range(0, len(own), step), pa.int64())) for own in parts]
    )
    return values.take(pc.array_sort_indices(values))


def _borders(values: pa.Array | pa.ChunkedArray, files: int) -> list[Any] | None:
    """What parts sorted values, nulls last, into so many ranges; None where there are none."""
    known = len(values) - values.null_count
    if not known:
        return None
    return [values[known * number // files].as_py() for number in range(1, files)]


def _distribute(
    table: Streamed,
    order: list[tuple[str, str]],
    paths: Sequence[Path],
    borders: list[Any] | None,
) -> list[int]:
    """Write each row into the file of the range that its first key lies in: how many each has."""
    key = order[0][0]
    held = [0] * len(paths)
    with ExitStack() as opened:
        writers = [
            opened.enter_context(pa.ipc.new_stream(str(path), table.schema)) for path in paths
        ]
        for part in table:
            rows = part.cast(table.schema).sort_by(order)
            column = rows.column(key).combine_chunks()
            known = range(len(column) - column.null_count)
            if borders is None:
                borders = _borders(column, len(paths))
            ends = [0] * (len(paths) - 1)  # rows without a key go into the last
            if borders is not None:
                ends = [bisect_left(known, b, key=lambda row: column[row].as_py()) for b in borders]
            spans = zip([0, *ends], [*ends, len(rows)], strict=True)
            for number, (start, end) in enumerate(spans):
                held[number] += end - start
                if end > start:
                    writers[number].write_table(rows.slice(start, end - start))
    return held
