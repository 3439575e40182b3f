"""Tables as Parquet files: equal tables give equal bytes. Read whole or by row group."""

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
from pipeline.fileio.atomic import check_file, explain_full_disk
from pipeline.fileio.manifest import file_sha256
from pipeline.schemas.vectors import Parts, parts_of

__all__ = ["check_written", "read_groups", "read_table", "table_digest", "write_table"]

ROW_GROUP_ROWS = 32_768


class _Hashed(io.RawIOBase):
    """A sink that hashes and counts the bytes written to it, and discards them."""

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
    """A new file that hashes what is written, to compare with what is read back."""

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


def write_table(
    path: Path,
    table: pa.Table | Parts,
    *,
    group_rows: int = ROW_GROUP_ROWS,
    sync: bool = True,
) -> tuple[str, int]:
    """Create a Parquet file, sync it, and read it back.

    The bytes depend on the values and types of the table only, not on its chunks or metadata.

    Parameters
    ----------
    path : Path
        The file to create.
    table : Table or Parts
        Of a table in parts, one row group and one part are in memory at a time.
    group_rows : int
        Rows of a row group.
    sync : bool
        False leaves it to the caller to sync the file, with others at the same time, and then to
        read it back with `check_written`.

    Returns
    -------
    sha256 : str
        SHA-256 (hex) of the file.
    size : int
        Size of the file in bytes.

    Raises
    ------
    CorruptFileError
        If the bytes read back differ from those written.
    FileExistsError
        If `path` exists.
    StoreError
        If the disk is full.
    """
    parts = iter(parts_of(table))
    first = next(parts)
    schema = first.schema.remove_metadata()  # such as that of pandas
    # Large values, such as parts of an index, get a row group each.
    large = any(pa.types.is_large_binary(field.type) for field in schema)
    group = 1 if large else group_rows
    with explain_full_disk(path), _HashedFile(path) as sink:
        with pq.ParquetWriter(
            pa.PythonFile(sink, mode="w"),
            schema,
            version="2.6",
            data_page_version="1.0",
            data_page_size=2**20,
            # those large values do not compress, and are read more than once
            compression="NONE" if large else "zstd",
            compression_level=None if large else 3,
            use_dictionary=_repeating(schema),
            write_statistics=True,
        ) as writer:
            for rows in _groups(chain([first], parts), group):
                writer.write_table(rows.replace_schema_metadata(None), row_group_size=group)
        if sync:
            sink.sync()
        written, size = sink.sha256.hexdigest(), sink.size
    if sync:
        check_written(path, written, table.num_rows)
    return written, size


def check_written(path: Path, sha256: str, rows: int) -> None:
    """Read a new Parquet file back, and check its SHA-256 (hex) and number of rows.

    Raises
    ------
    CorruptFileError
        If they differ from what was written.
    """
    if file_sha256(path) != sha256 or pq.read_metadata(path).num_rows != rows:
        raise CorruptFileError(
            f"{path}: the disk returned other bytes than were written; check the disk"
        )


def _groups(parts: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Cut parts of any size into tables of `rows` rows, each in one chunk.

    One chunk each, since the borders of chunks would become borders of pages. Without any rows, one
    empty table carries the schema.
    """
    buffered: pa.Table | None = None
    started = False
    for part in parts:
        empty = buffered is None or not buffered.num_rows
        buffered = part if empty else pa.concat_tables([buffered, part])
        while buffered.num_rows >= rows:
            yield buffered.slice(0, rows).combine_chunks()
            started, buffered = True, buffered.slice(rows)
    if buffered is not None and (buffered.num_rows or not started):
        yield buffered.combine_chunks()


def _repeating(schema: pa.Schema) -> list[str]:
    """Return the columns to dictionary-encode: those whose values may repeat."""
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
    """Read a Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read, in that order; by default all.
    size : int, optional
        The expected size in bytes.
    sha256 : str, optional
        The expected SHA-256, hex. The file is read once, so the bytes hashed are those decoded.

    Raises
    ------
    CorruptFileError
        If the file is missing, unreadable, or of another size or checksum.
    StoreError
        If a column does not exist.
    """
    with _unreadable_as_corrupt(path):
        actual = path.stat().st_size
        if size is not None and actual != size:
            raise CorruptFileError(f"{path}: {actual} bytes, {size} were committed; rebuild it")
        if sha256 is None:
            with pa.OSFile(str(path)) as handle:
                return _decode(path, handle, columns)
        # Memory of Arrow: its threads must not refer to Python objects when the process ends.
        with pa.OSFile(str(path)) as handle:
            data = handle.read_buffer()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise CorruptFileError(f"{path}: its bytes were altered after commit; rebuild it")
        return _decode(path, pa.BufferReader(data), columns)


@contextmanager
def _unreadable_as_corrupt(path: Path) -> Iterator[None]:
    """Raise `CorruptFileError` for a file that is missing or cannot be decoded."""
    try:
        yield
    except FileNotFoundError as error:
        raise CorruptFileError(f"{path}: the file is missing; rebuild it") from error
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(f"{path}: cannot be read: {error}; rebuild it") from error


def read_groups(path: Path, *, size: int, sha256: str) -> Iterator[pa.Table]:
    """Yield the row groups of a Parquet file, one in memory at a time.

    Parameters
    ----------
    path : Path
        The file.
    size : int
        The expected size in bytes.
    sha256 : str
        The expected SHA-256, hex.

    Yields
    ------
    Table
        A row group; for a file without rows one empty table.

    Raises
    ------
    CorruptFileError
        If the file is missing, unreadable, or of another size or checksum.
    """
    check_file(path, size, sha256)
    with _unreadable_as_corrupt(path), pa.OSFile(str(path)) as handle:
        parquet = pq.ParquetFile(handle)
        for group in range(parquet.num_row_groups):
            yield parquet.read_row_group(group)
        if not parquet.num_row_groups:
            yield parquet.schema_arrow.empty_table()


def table_digest(table: pa.Table) -> str:
    """Return the SHA-256 (hex) of a table's schema and values, without its metadata.

    Examples
    --------
    >>> one, two = pa.table({"n": [1, 2]}), pa.table({"n": pa.chunked_array([[1], [2]])})
    >>> table_digest(one) == table_digest(two)
    True
    """
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
