"""The rows of one CSV, JSONL or Parquet file, as they come, never all in memory."""

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

__all__ = ["attribution", "columns", "rows"]

_LONGEST = 500  # characters of an attribution
_PEEKED = 200  # JSON lines whose keys make up the columns: a line may leave out what it lacks


def columns(path: Path, max_bytes: int) -> list[str]:
    """The names of the file's columns, in order, from its first rows.

    Raises
    ------
    SourceError
        naming the file, when it cannot be read or holds no rows.
    """
    with closing(rows(path, max_bytes, batch=_PEEKED)) as peeked:
        first = list(islice(peeked, _PEEKED))
    if not first:
        raise SourceError(f"{path}: holds no rows")
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


def attribution(path: Path) -> str:
    """What a Parquet file says, in its metadata `attribution`, that its users must say; else "".

    A fetch writes it into its catalogue.

    Raises
    ------
    SourceError
        when a Parquet file cannot be opened.
    """
    if file_format(path) != "parquet":
        return ""
    try:
        told = (pq.read_schema(path).metadata or {}).get(b"attribution", b"")
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error
    return " ".join(told.decode("utf-8", "replace").split())[:_LONGEST]


def rows(
    path: Path, max_bytes: int, wanted: Sequence[str] | None = None, batch: int = 1_000
) -> Generator[RawRow]:
    """Each data row as column -> cell, or as `Malformed`; blank lines are no rows.

    Parameters
    ----------
    wanted : columns to read (Parquet only, where that saves reading); None for all.
    batch : rows that Parquet decodes at a time.

    Raises
    ------
    SourceError
        naming file and row, when the file is damaged or larger than `max_bytes`.
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
        # A header cell may hold a line break, so the header is parsed with what follows it.
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
        held = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        if held > max_bytes:
            raise SourceError(
                f"{path}: holds {held} bytes uncompressed, more than {max_bytes}; "
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
    if pa.types.is_timestamp(kind):  # a film has a day; nanoseconds would need another library
        column = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.date32(), safe=False)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # By way of bytes: Parquet does not make sure that a string is UTF-8.
        column = column.cast(pa.large_binary())
        kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [
            None if cell is None else restore_bytes(cell.decode("utf-8", "surrogateescape"))
            for cell in column.to_pylist()
        ]
    values: list[object] = column.to_pylist()
    return values
