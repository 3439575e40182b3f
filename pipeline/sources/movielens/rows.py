"""Read columns of a file of ratings or films in chunks of constant memory, with row numbers."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.sources.movielens.data_files import DAMAGED, DataFile
from pipeline.sources.movielens.layout import Layout

__all__ = ["RawRows", "read_rows"]

_BLOCK = 8 * 2**20  # bytes parsed at a time
_MOST_LINES = 200  # lines of one cell
_PARQUET_ROWS = 2**18


@dataclass(frozen=True)
class RawRows:
    """Consecutive rows of a file.

    Attributes
    ----------
    cells : pa.Table
        The columns that were wanted, by name of the field.
    rows : ndarray of shape (n,), int64
        Number of each row, from 1, without the header line and blank lines.
    malformed : list of (int, str)
        Number of each row with too many or too few cells, and how many it has.
    """

    cells: pa.Table
    rows: np.ndarray
    malformed: list[tuple[int, str]]


def read_rows(
    file: DataFile,
    layout: Layout,
    fields: Mapping[str, int],
    types: Mapping[str, pa.DataType] | None = None,
) -> Iterator[RawRows]:
    """Yield some columns of a file.

    Parameters
    ----------
    file : DataFile
        The file.
    layout : Layout
        How it is written.
    fields : Mapping of str to int
        Field -> number of its column.
    types : Mapping of str to pa.DataType or None
        Types of the fields; None: all are text.

    Yields
    ------
    RawRows
        Consecutive rows.

    Raises
    ------
    SourceError
        If the file cannot be read to its end; the message names it and the row.
    pa.ArrowInvalid
        If a cell does not have its type. Text has no such cells.
    """
    if layout.kind == "parquet":
        yield from _read_parquet(file, layout, fields, types)
        return
    malformed: list[tuple[int, str]] = []

    text = types is None
    quoted = layout.quoted and text  # a number needs no quotes, and a stray one would hide rows
    hidden: list[str] = []

    def skip(row: Any) -> str:
        if layout.quoted and not quoted and '"' in (row.text or ""):
            hidden.append(row.text)
        detail = f"{row.actual_columns} cells where there are {row.expected_columns}"
        malformed.append((int(row.number) - layout.skip, detail))
        return "skip"

    at = 0
    names = [str(number) for number in range(len(layout.columns))]
    wanted = {field: names[number] for field, number in fields.items()}
    convert = pcsv.ConvertOptions(
        include_columns=list(wanted.values()),
        column_types={
            wanted[field]: pa.string() if types is None else types[field] for field in fields
        },
        strings_can_be_null=False,
        null_values=[] if types is not None else None,
    )
    try:
        with closing(_open_text(file, layout, quoted=quoted)) as handle:
            try:
                reader = pcsv.open_csv(
                    handle,
                    # with several threads the number of a malformed row is unknown
                    read_options=pcsv.ReadOptions(
                        use_threads=False,
                        block_size=_BLOCK,
                        column_names=names,
                        skip_rows=layout.skip,
                    ),
                    parse_options=pcsv.ParseOptions(
                        delimiter="\t" if layout.separator == "::" else layout.separator,
                        quote_char='"' if quoted else False,
                        newlines_in_values=layout.quoted
                        and not {"title", "tag"}.isdisjoint(fields),
                        invalid_row_handler=skip,
                    ),
                    convert_options=convert,
                )
            except pa.ArrowInvalid as error:
                if not text or "Empty CSV" not in str(error):
                    raise
                return  # a header line only
            for batch in reader:
                if hidden:
                    raise pa.ArrowInvalid(f"quotes in {hidden[0][:40]}")
                chunk = pa.Table.from_batches([batch]).rename_columns(list(fields))
                rows, ended = _numbers(at, chunk.num_rows, [number for number, _ in malformed])
                own = [row for row in malformed if row[0] <= ended]
                malformed = [row for row in malformed if row[0] > ended]
                at = ended
                yield RawRows(chunk, rows, own)
            if hidden:
                raise pa.ArrowInvalid(f"quotes in {hidden[0][:40]}")
            if malformed:
                kinds = types or dict.fromkeys(fields, pa.string())
                empty = pa.table({field: pa.array([], kinds[field]) for field in fields})
                yield RawRows(empty, np.zeros(0, np.int64), malformed)
    except (*DAMAGED, pa.ArrowException) as error:
        if isinstance(error, pa.ArrowInvalid) and not text:
            raise
        raise SourceError(
            f"{file.shown}: cannot be read past data row {at}: {error}; fetch it again"
        ) from error


def _read_parquet(
    file: DataFile,
    layout: Layout,
    fields: Mapping[str, int],
    types: Mapping[str, pa.DataType] | None,
) -> Iterator[RawRows]:
    at = 0
    try:
        with file.open() as handle:
            columns = [layout.columns[number] for number in fields.values()]
            for batch in pq.ParquetFile(handle).iter_batches(_PARQUET_ROWS, columns=columns):
                by_name = pa.Table.from_batches([batch]).select(columns)
                cells = {
                    field: _cast_cells(by_name.column(at), types[field] if types else pa.string())
                    for at, field in enumerate(fields)
                }
                rows = np.arange(at + 1, at + 1 + batch.num_rows, dtype=np.int64)
                at += batch.num_rows
                yield RawRows(pa.table(cells), rows, [])
    except pa.ArrowInvalid:
        raise
    except (*DAMAGED, pa.ArrowException) as error:
        raise SourceError(
            f"{file.shown}: cannot be read past data row {at}: {error}; fetch it again"
        ) from error


def _cast_cells(cells: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """Return cells of Parquet as text or numbers; lists are joined by `|`."""
    if pa.types.is_list(cells.type) or pa.types.is_large_list(cells.type):
        joined = [None if cell is None else "|".join(map(str, cell)) for cell in cells.to_pylist()]
        cells = pa.chunked_array([pa.array(joined, pa.string())])
    if wanted == pa.string():
        return cells.cast(wanted).fill_null("")
    if cells.null_count:
        raise pa.ArrowInvalid("a cell is empty")
    return cells.cast(wanted)


def _open_text(file: DataFile, layout: Layout, *, quoted: bool) -> IO[bytes]:
    """Open a file as UTF-8 with one character between cells, and without stray quotes."""
    handle = file.open()
    if layout.separator == "::" or layout.encoding != "utf-8":
        handle = io.BufferedReader(_Converted(handle, layout), 2**20)
    if quoted:
        handle = io.BufferedReader(_WithoutStrayQuotes(handle, layout), 2**20)
    return handle


class _Converted(io.RawIOBase):
    """Read a file as UTF-8, with tabs as separators in place of `::`."""

    def __init__(self, handle: IO[bytes], layout: Layout) -> None:
        self._handle, self._left = handle, b""
        self._colons = layout.separator == "::"
        self._decoder: codecs.IncrementalDecoder | None = None
        if layout.encoding != "utf-8":
            encoding = layout.encoding.removesuffix("-replace")
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read converted bytes into `buffer`."""
        while not self._left:
            block = self._handle.read(2**20)
            if self._colons and block.endswith(b":"):
                block += self._handle.readline()  # no separator is split between two blocks
            ended = not block
            if self._decoder is not None:
                block = self._decoder.decode(block, final=ended).encode()
            self._left = block.replace(b"::", b"\t") if self._colons else block
            if ended:
                break
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def close(self) -> None:
        """Close the file."""
        self._handle.close()
        super().close()


class _WithoutStrayQuotes(io.RawIOBase):
    """Read a file without the quotes of lines that would otherwise take in the lines after them.

    A line with an odd number of quotes is whole together with the lines up to the next one, if
    that makes a row with the right number of cells; otherwise its quotes are dropped.
    """

    def __init__(self, handle: IO[bytes], layout: Layout) -> None:
        self._handle, self._left = handle, b""
        self._separator, self._cells = layout.separator, len(layout.columns)
        self._lines: deque[bytes] = deque()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer`; 0 at the end."""
        if not self._left:
            if not self._lines:
                self._lines.extend(self._handle.readlines(2**20))
            if b'"' in b"".join(self._lines):
                parts = []
                while self._lines:
                    parts.append(self._next_row())
                self._left = b"".join(parts)
            else:
                self._left = b"".join(self._lines)
                self._lines.clear()
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def _next_row(self) -> bytes:
        line = self._lines.popleft()
        if line.count(b'"') % 2 == 0 or self._is_row(line):
            return line
        row = line
        taken: list[bytes] = []
        while len(taken) < _MOST_LINES and (self._lines or self._extend()):
            taken.append(self._lines.popleft())
            row += taken[-1]
            if taken[-1].count(b'"') % 2:
                if self._is_row(row):
                    return row
                break
        self._lines.extendleft(reversed(taken))
        return line.replace(b'"', b"")

    def _is_row(self, line: bytes) -> bool:
        text = io.StringIO(line.decode("utf-8", "replace"), "")
        try:
            rows = list(csv.reader(text, delimiter=self._separator, strict=True))
        except csv.Error:
            return False
        return len(rows) == 1 and len(rows[0]) == self._cells

    def _extend(self) -> bool:
        more = self._handle.readlines(2**20)
        self._lines.extend(more)
        return bool(more)

    def close(self) -> None:
        """Close the file."""
        self._handle.close()
        super().close()


def _numbers(at: int, count: int, bad: list[int]) -> tuple[np.ndarray, int]:
    """Return the numbers (int64) of the next `count` good rows after row `at`, and the last one."""
    if not count:
        return np.zeros(0, np.int64), at
    numbers = np.arange(at + 1, at + 1 + count + len(bad), dtype=np.int64)
    if bad:
        numbers = numbers[~np.isin(numbers, bad)][:count]
    return numbers, int(numbers[-1])
