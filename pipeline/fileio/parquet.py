"""Tables as Parquet files: the same bytes for the same values, read back whole or by row group."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import CorruptFileError, StoreError
from pipeline.fileio.atomic import check_file, making_room_told
from pipeline.fileio.manifest import file_sha256
from pipeline.schemas.vectors import Parts, parts_of

__all__ = ["read_groups", "read_table", "table_digest", "write_table"]

ROW_GROUP_ROWS = 32_768


class _Hashed(io.RawIOBase):
    """Hashes what is written to it, and keeps nothing."""

    def __init__(self, before: bytes = b"") -> None:
        self.sha256 = hashlib.sha256(before)
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        written = memoryview(data).nbytes
        self.size += written
        return written

    def tell(self) -> int:
        return self.size


class _HashedFile(_Hashed):
    """A new file that hashes what passes through, so that a read-back has something to match."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = open(path, "xb")  # noqa: SIM115 - closed by close(), as every io object

    def write(self, data: Any) -> int:
        self._file.write(data)
        return super().write(data)

    def sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
        super().close()


def write_table(path: Path, table: pa.Table | Parts) -> tuple[str, int]:
    """Create a Parquet file whose bytes depend on the table's values and types only; sync it.

    Of a table in parts, 32,768 rows and one part are in memory.

    Returns
    -------
    tuple of str and int
        SHA-256 (hex) and size of the file, as read back from it.

    Raises
    ------
    CorruptFileError
        when what is read back is not what was written.
    FileExistsError
        when `path` is there already.
    StoreError
        when there is no room for it.
    """
    parts = iter(parts_of(table))
    first = next(parts)
    # Chunk borders would become page borders, and metadata such as pandas' would come along.
    schema, group = first.schema.remove_metadata(), _group_rows(first.schema)
    with making_room_told(path), _HashedFile(path) as sink:
        with pq.ParquetWriter(
            pa.PythonFile(sink, mode="w"),
            schema,
            version="2.6",
            data_page_version="1.0",
            data_page_size=2**20,
            compression="zstd",
            compression_level=3,
            use_dictionary=_repeating(schema),
            write_statistics=True,
        ) as writer:
            for rows in _groups(chain([first], parts), group):
                writer.write_table(rows.replace_schema_metadata(None), row_group_size=group)
        sink.sync()
        written, size = sink.sha256.hexdigest(), sink.size
    rows = pq.read_metadata(path).num_rows
    if file_sha256(path) != written or rows != table.num_rows:
        raise CorruptFileError(
            f"{path}: the disk gave back other bytes than were written; check the disk"
        )
    return written, size


def _groups(parts: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """So many rows at a time, in one chunk each, however many the parts have; no rows once."""
    held: pa.Table | None = None
    given = False
    for part in parts:
        held = part if held is None or not held.num_rows else pa.concat_tables([held, part])
        while held.num_rows >= rows:
            yield held.slice(0, rows).combine_chunks()
            given, held = True, held.slice(rows)
    if held is not None and (held.num_rows or not given):
        yield held.combine_chunks()


def _group_rows(schema: pa.Schema) -> int:
    """Rows written together; each by itself where they hold large bytes, such as an index has."""
    large = any(pa.types.is_large_binary(field.type) for field in schema)
    return 1 if large else ROW_GROUP_ROWS


def _repeating(schema: pa.Schema) -> list[str]:
    """Columns whose values may repeat; for vectors and bytes a dictionary only costs."""
    paths = []
    for field in schema:
        kind, path = field.type, field.name
        while pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
            kind, path = kind.value_type, f"{path}.list.element"
        bulk = (pa.types.is_floating, pa.types.is_binary, pa.types.is_large_binary)
        if not any(test(kind) for test in bulk):
            paths.append(path)
    return paths


def read_table(
    path: Path,
    columns: Sequence[str] | None = None,
    *,
    size: int | None = None,
    sha256: str | None = None,
) -> pa.Table:
    """Read a Parquet file; with `sha256`, the very bytes that are hashed are those decoded.

    Raises
    ------
    CorruptFileError
        naming the file when it is missing, unreadable, or of another size or checksum.
    StoreError
        naming the columns that it does not have.
    """
    with _unreadable_told(path):
        found = path.stat().st_size
        if size is not None and found != size:
            raise CorruptFileError(f"{path}: {found} bytes, {size} were committed; rebuild it")
        if sha256 is None:
            with pa.OSFile(str(path)) as handle:
                return _decode(path, handle, columns)
        # Arrow's own memory: its threads must not hold Python objects when the process ends
        with pa.OSFile(str(path)) as handle:
            data = handle.read_buffer()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise CorruptFileError(f"{path}: its bytes were altered after commit; rebuild it")
        return _decode(path, pa.BufferReader(data), columns)


@contextmanager
def _unreadable_told(path: Path) -> Iterator[None]:
    """A file that is gone or cannot be decoded as a `CorruptFileError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise CorruptFileError(f"{path}: the file is missing; rebuild it") from error
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(f"{path}: cannot be read: {error}; rebuild it") from error


def read_groups(path: Path, *, size: int, sha256: str) -> Iterator[pa.Table]:
    """The row groups of a Parquet file of that size and SHA-256 (hex), one in memory at a time.

    Raises
    ------
    CorruptFileError
        naming the file when it is missing, unreadable, or of another size or checksum.
    """
    check_file(path, size, sha256)
    with _unreadable_told(path), pa.OSFile(str(path)) as handle:
        parquet = pq.ParquetFile(handle)
        for group in range(parquet.num_row_groups):
            yield parquet.read_row_group(group)
        if not parquet.num_row_groups:
            yield parquet.schema_arrow.empty_table()


def table_digest(table: pa.Table) -> str:
    """SHA-256 (hex) of a table's values, as Arrow writes them; its metadata does not count."""
    plain = table.combine_chunks().replace_schema_metadata(None)
    sink = _Hashed("\n".join(str(field) for field in plain.schema).encode())
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), plain.schema) as writer:
        writer.write_table(plain)
    return sink.sha256.hexdigest()


def _decode(path: Path, source: Any, columns: Sequence[str] | None) -> pa.Table:
    parquet = pq.ParquetFile(source)
    if columns is None:
        return parquet.read()
    unknown = [name for name in columns if name not in parquet.schema_arrow.names]
    if unknown:
        raise StoreError(f"{path}: no columns {unknown}; it has {parquet.schema_arrow.names}")
    return parquet.read(columns=list(columns)).select(list(columns))
