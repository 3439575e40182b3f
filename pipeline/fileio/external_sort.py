"""Tables that are computed or sorted one part at a time, for more rows than fit in memory."""

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

from pipeline.fileio.atomic import explain_full_disk

__all__ = ["StreamedTable", "sort_streamed"]

_ROWS = 32_768  # rows sorted in memory at once
_MAX_FILES = 256  # files open at once
_LARGE = 4  # a range of more than _LARGE times as many rows is divided again
_SAMPLED = 4_096  # values of the sample that divides it


@dataclass(frozen=True)
class StreamedTable:
    """A table as `schemas.vectors.Parts`, computed one part at a time in each iteration.

    Attributes
    ----------
    schema : Schema
        The schema of every part.
    num_rows : int
        Number of rows in all parts.
    make : callable
        Returns an iterable of the parts; called again for each iteration.

    Examples
    --------
    >>> parts = [pa.table({"n": [3, 1]}), pa.table({"n": [2]})]
    >>> table = StreamedTable(parts[0].schema, 3, lambda: parts)
    >>> [part.num_rows for part in table]
    [2, 1]
    """

    schema: pa.Schema
    num_rows: int
    make: Callable[[], Iterable[pa.Table]]

    def __iter__(self) -> Iterator[pa.Table]:
        empty = True
        for part in self.make():
            empty = False
            yield part
        if empty:
            yield self.schema.empty_table()


def sort_streamed(
    table: StreamedTable,
    keys: Sequence[str],
    folder: Path,
    sample: pa.ChunkedArray | None = None,
    *,
    rows: int = _ROWS,
    max_files: int = _MAX_FILES,
) -> StreamedTable:
    """Return the rows of a table in ascending order of the columns `keys`.

    Strings are compared by their UTF-8 bytes; nulls are last; the sort is stable. In memory are one
    part and some `rows` rows, or all rows with the same first key, which always form one part.

    Parameters
    ----------
    table : StreamedTable
        The rows to sort.
    keys : sequence of str
        Columns to sort by, the most significant first.
    folder : Path
        Where temporary files are written.
    sample : ChunkedArray, optional
        Sorted values of the first key, nulls last, distributed like those of the table; by default
        the values in the first part. The better the sample, the more even the use of memory.
    rows : int
        How many rows to sort in memory at once.
    max_files : int
        How many temporary files to have open at once.

    Returns
    -------
    StreamedTable
        The sorted rows; each iteration sorts again.

    Raises
    ------
    StoreError
        If the disk is full; raised while iterating.

    Notes
    -----
    A distribution sort (Knuth 1998, The Art of Computer Programming, volume 3, section 5.2.5) by
    ranges of the first key. Rows are written to one file per range, and the files are sorted one
    after the other, a large one in the same way.

    Examples
    --------
    >>> parts = [pa.table({"n": [3, 1]}), pa.table({"n": [2]})]
    >>> table = StreamedTable(parts[0].schema, 3, lambda: parts)
    >>> ordered = sort_streamed(table, ["n"], Path(tempfile.gettempdir()))
    >>> [n for part in ordered for n in part["n"].to_pylist()]
    [1, 2, 3]
    """
    return StreamedTable(
        table.schema,
        table.num_rows,
        lambda: _sort(table, keys, folder, sample, rows, max_files),
    )


def _sort(
    table: StreamedTable,
    keys: Sequence[str],
    folder: Path,
    sample: pa.Array | pa.ChunkedArray | None,
    rows: int,
    max_files: int,
) -> Iterator[pa.Table]:
    order = [(key, "ascending") for key in keys]
    files = min(max_files, -(-table.num_rows // rows))
    if files <= 1:
        yield pa.concat_tables(table).sort_by(order)
        return
    with tempfile.TemporaryDirectory(prefix=".sorting-", dir=folder) as scratch:
        paths = [Path(scratch) / f"{number:05d}.arrows" for number in range(files)]
        with explain_full_disk(paths[0]):
            borders = None if sample is None else _borders(sample, len(paths))
            counts = _distribute(table, order, paths, borders)
        for path, count in zip(paths, counts, strict=True):
            if rows * _LARGE < count < table.num_rows:
                part = StreamedTable(table.schema, count, partial(_read, path, rows))
                yield from _sort(part, keys, folder, _sample(part, keys[0]), rows, max_files)
            else:
                yield pa.concat_tables(_read(path, rows)).sort_by(order)
            path.unlink()


def _read(path: Path, rows: int) -> Iterator[pa.Table]:
    """Yield the rows of a file in tables of `rows` rows or a few more."""
    with pa.ipc.open_stream(str(path)) as reader:
        batches: list[pa.RecordBatch] = []
        for batch in reader:
            batches.append(batch)
            if sum(map(len, batches)) >= rows:
                yield pa.Table.from_batches(batches)
                batches = []
        yield pa.Table.from_batches(batches, reader.schema)


def _sample(table: StreamedTable, key: str) -> pa.Array:
    """Return some thousand values of a column, evenly from its parts, sorted, nulls last."""
    step = max(1, table.num_rows // _SAMPLED)
    parts = (part.column(key).combine_chunks() for part in table)
    values = pa.concat_arrays(
        [own.take(pa.array(range(0, len(own), step), pa.int64())) for own in parts]
    )
    return values.take(pc.array_sort_indices(values))


def _borders(values: pa.Array | pa.ChunkedArray, files: int) -> list[Any] | None:
    """Return the values that divide sorted values, nulls last, into `files` ranges.

    None if all values are null.
    """
    known = len(values) - values.null_count
    if not known:
        return None
    return [values[known * number // files].as_py() for number in range(1, files)]


def _distribute(
    table: StreamedTable,
    order: list[tuple[str, str]],
    paths: Sequence[Path],
    borders: list[Any] | None,
) -> list[int]:
    """Write each row to the file of the range of its first key; return the rows of each file."""
    key = order[0][0]
    counts = [0] * len(paths)
    with ExitStack() as stack:
        writers = [
            stack.enter_context(pa.ipc.new_stream(str(path), table.schema)) for path in paths
        ]
        for part in table:
            rows = part.cast(table.schema).sort_by(order)
            column = rows.column(key).combine_chunks()
            known = range(len(column) - column.null_count)
            if borders is None:
                borders = _borders(column, len(paths))
            ends = [0] * (len(paths) - 1)  # rows without a key go to the last file
            if borders is not None:
                ends = [bisect_left(known, b, key=lambda row: column[row].as_py()) for b in borders]
            spans = zip([0, *ends], [*ends, len(rows)], strict=True)
            for number, (start, end) in enumerate(spans):
                counts[number] += end - start
                if end > start:
                    writers[number].write_table(rows.slice(start, end - start))
    return counts
