"""Read the rows of a CSV, JSON Lines or Parquet file, never all in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.sources.files.compression import MAX_LINE_CHARS, file_format, open_lines
from pipeline.sources.files.rows import Malformed, RawRow
from pipeline.sources.parsing.literals import restore_bytes

__all__ = ["read_attribution", "read_columns", "read_rows"]

_MAX_ATTRIBUTION = 500  # characters
_FIRST_ROWS = 200  # rows whose JSON keys are the columns: a line may omit missing values


def read_columns(path: Path, max_bytes: int) -> list[str]:
    """Return the names of the columns of a file, in order, from its first rows.

    Raises
    ------
    SourceError
        If the file cannot be read or has no rows; the message names it.
    """
    with closing(read_rows(path, max_bytes, batch=_FIRST_ROWS)) as rows:
        first = list(islice(rows, _FIRST_ROWS))
    if not first:
        raise SourceError(f"{path}: has no rows")
    kind = file_format(path)
    if kind == "jsonl":
        seen = dict.fromkeys(key for row in first if not isinstance(row, Malformed) for key in row)
        if not seen:
            raise SourceError(
                f"{path}: none of its first lines is a JSON object; write one object per line"
            )
        return list(seen)
    if kind == "parquet":
        with _parquet_file(path, max_bytes) as file:
            return list(file.schema_arrow.names)
    with _csv_file(path, max_bytes) as (header, _):
        return header


def read_attribution(path: Path) -> str:
    """Return the metadata `attribution` of a Parquet file, as a fetch writes it; "" if none.

    Raises
    ------
    SourceError
        If a Parquet file cannot be opened.
    """
    if file_format(path) != "parquet":
        return ""
    try:
        notice = (pq.read_schema(path).metadata or {}).get(b"attribution", b"")
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error
    return " ".join(notice.decode("utf-8", "replace").split())[:_MAX_ATTRIBUTION]


def read_rows(
    path: Path, max_bytes: int, wanted: Sequence[str] | None = None, batch: int = 1_000
) -> Generator[RawRow]:
    """Yield each data row as column -> cell, or as `Malformed`; blank lines are skipped.

    Parameters
    ----------
    path : Path
        The file.
    max_bytes : int
        Most bytes after decompression.
    wanted : sequence of str, optional
        Columns to read; used for Parquet only, where it saves time. All by default.
    batch : int
        Rows that Parquet decodes at a time.

    Raises
    ------
    SourceError
        If the file is damaged or larger than `max_bytes`; the message names the file and the row.
    """
    kind = file_format(path)
    if kind == "parquet":
        inner = _parquet_rows(path, max_bytes, wanted, batch)
    else:
        inner = (_json_rows if kind == "jsonl" else _csv_rows)(path, max_bytes)
    number = 0
    try:
        for row in inner:
            number += 1
            yield row
    except (OSError, EOFError, ValueError, OverflowError, pa.ArrowException, csv.Error) as error:
        raise SourceError(
            f"{path}: cannot be read past data row {number}: {error}; "
            "the file is damaged or incomplete, fetch it again"
        ) from error


@contextmanager
def _csv_file(path: Path, max_bytes: int) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_CHARS))
    with open_lines(path, max_bytes) as lines:
        head = next(lines, "")
        delimiter = "\t" if file_format(path) == "tsv" else ","
        if delimiter == "," and "," not in head and ";" in head:
            delimiter = ";"
        # A header cell may contain a line break, so the header is parsed together with the rest.
        reader = csv.reader(_chain(head, lines), delimiter=delimiter)
        yield [restore_bytes(cell).strip() for cell in next(reader, [])], reader


def _chain(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines


def _csv_rows(path: Path, max_bytes: int) -> Iterator[RawRow]:
    with _csv_file(path, max_bytes) as (header, reader):
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                line = getattr(reader, "line_num", None)
                yield Malformed(
                    f"{len(cells)} cells where the header has {len(header)}, up to line {line}"
                )
            else:
                yield dict(zip(header, map(restore_bytes, cells), strict=True))


def _json_rows(path: Path, max_bytes: int) -> Iterator[RawRow]:
    with open_lines(path, max_bytes) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(restore_bytes(line))
            except (ValueError, RecursionError) as error:
                yield Malformed(f"line {number} is not JSON: {error}")
                continue
            if isinstance(row, dict):
                yield row
            else:
                yield Malformed(f"line {number} is not a JSON object but {type(row).__name__}")


@contextmanager
def _parquet_file(path: Path, max_bytes: int) -> Iterator[pq.ParquetFile]:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        meta = file.metadata
        size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        if size > max_bytes:
            raise SourceError(
                f"{path}: has {size} bytes uncompressed, more than {max_bytes}; "
                "raise source.max_file_bytes if that is right"
            )
        yield file


def _parquet_rows(
    path: Path, max_bytes: int, wanted: Sequence[str] | None, batch: int
) -> Iterator[RawRow]:
    with _parquet_file(path, max_bytes) as file:
        for part in file.iter_batches(batch, columns=None if wanted is None else list(wanted)):
            lists = [_values(part.column(i)) for i in range(part.num_columns)]
            for cells in zip(*lists, strict=True):
                yield dict(zip(part.schema.names, cells, strict=True))


def _values(column: pa.Array) -> list[object]:
    kind = column.type
    if pa.types.is_timestamp(kind):  # a day is enough; Python has no nanoseconds
        column = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.date32(), safe=False)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # Through bytes: Parquet does not check that a string is UTF-8.
        column = column.cast(pa.large_binary())
        kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [
            None if cell is None else restore_bytes(cell.decode("utf-8", "surrogateescape"))
            for cell in column.to_pylist()
        ]
    values: list[object] = column.to_pylist()
    return values
