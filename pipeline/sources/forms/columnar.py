"""Parquet, Arrow, Feather and ORC files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.ipc
import pyarrow.orc
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.sources.forms.base import RawChunk, TableForm
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.documents.values import dotted_columns
from pipeline.sources.forms.file_table import FileTable
from pipeline.sources.parsing.literals import restore_bytes

__all__ = ["ColumnarTable", "open_arrow", "open_orc", "open_parquet"]

_MAX_ATTRIBUTION = 500  # characters
_Batches = Callable[[Sequence[str] | None, int], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class ColumnarTable(FileTable):
    """The rows of a file that holds columns.

    Attributes
    ----------
    content : Content
        The bytes.
    kind : str
        Name of the form.
    schema : pa.Schema
        Columns and their types.
    batches : callable
        Columns to read (None for all) and most rows -> the rows in batches.
    """

    content: Content
    kind: str
    schema: pa.Schema
    batches: _Batches

    @property
    def name(self) -> str:
        """Name of the file, and of the member of an archive."""
        return self.content.name

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        return TableForm(self.kind, compression=self.content.compression)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns; members of structures as "imdb.rating"."""
        names = list(self.schema.names)
        for field in self.schema:
            if pa.types.is_struct(field.type):
                members = [m for m in field.type if not pa.types.is_struct(m.type)]
                names += [f"{field.name}.{member.name}" for member in members]
        return tuple(dict.fromkeys(names))

    @property
    def attribution(self) -> str:
        """Metadata `attribution`, as a fetch writes it; "" if there is none."""
        notice = (self.schema.metadata or {}).get(b"attribution", b"")
        return " ".join(notice.decode("utf-8", "replace").split())[:_MAX_ATTRIBUTION]

    def _chunks(self, wanted: Sequence[str] | None, size: int) -> Iterator[RawChunk]:
        keep = None
        if wanted is not None:
            names = {*wanted, *(name.partition(".")[0] for name in wanted)}
            keep = [name for name in self.schema.names if name in names]
        first = 1
        for batch in self.batches(keep, size):
            if batch.num_rows == 0:
                continue
            cells = {name: _values(batch.column(i)) for i, name in enumerate(batch.schema.names)}
            cells |= dotted_columns(cells)
            if wanted is not None:
                cells = {name: cells[name] for name in cells if name in wanted}
            yield RawChunk(first, batch.num_rows, cells)
            first += batch.num_rows


def _values(column: pa.Array) -> list[object]:
    """Return the cells of an Arrow array; timestamps become days, bytes become text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_timestamp(kind):  # a day is enough; Python has no nanoseconds
        column = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.date32(), safe=False)
    elif (pa.types.is_string(kind) or pa.types.is_large_string(kind)) and not _is_utf8(column):
        column = column.cast(pa.large_binary())
        kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [
            None if cell is None else restore_bytes(cell.decode("utf-8", "surrogateescape"))
            for cell in column.to_pylist()
        ]
    cells: list[object] = column.to_pylist()
    return cells


def _is_utf8(column: pa.Array) -> bool:
    """Return whether strings are valid; Parquet does not check them."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _limited(content: Content, size: int) -> None:
    if size > content.max_bytes:
        raise SourceError(
            f"{content.name}: has {size} bytes uncompressed, more than {content.max_bytes}; "
            "raise source.max_file_bytes if that is right"
        )


@contextmanager
def _parquet_file(content: Content) -> Iterator[pq.ParquetFile]:
    with (
        content.local() as path,
        pq.ParquetFile(path, page_checksum_verification=True) as file,
    ):
        meta = file.metadata
        _limited(
            content, sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        )
        yield file


def open_parquet(content: Content) -> ColumnarTable:
    """Return the table of a Parquet file; pyarrow raises if it is damaged."""

    def batches(wanted: Sequence[str] | None, size: int) -> Iterator[pa.RecordBatch]:
        with _parquet_file(content) as file:
            yield from file.iter_batches(size, columns=wanted)

    with _parquet_file(content) as file:
        return ColumnarTable(content, "Parquet", file.schema_arrow, batches)


def open_arrow(content: Content, *, stream: bool) -> ColumnarTable:
    """Return the table of an Arrow file (Feather) or stream; pyarrow raises if it is damaged."""

    def batches(wanted: Sequence[str] | None, size: int) -> Iterator[pa.RecordBatch]:
        with _arrow_reader(content, stream=stream) as reader:
            count = None if stream else reader.num_record_batches
            for batch in reader if count is None else map(reader.get_batch, range(count)):
                batch.validate(full=True)  # the offsets of a damaged file can point anywhere
                _limited(content, batch.nbytes)
                kept = batch if wanted is None else batch.select(list(wanted))
                for start in range(0, kept.num_rows, size):
                    yield kept.slice(start, size)

    with _arrow_reader(content, stream=stream) as reader:
        kind = "Arrow stream" if stream else "Arrow file (Feather)"
        return ColumnarTable(content, kind, reader.schema, batches)


@contextmanager
def _arrow_reader(content: Content, *, stream: bool) -> Iterator[pa.ipc.RecordBatchFileReader]:
    with content.local() as path, pa.OSFile(str(path), "rb") as source:
        opened: AbstractContextManager[pa.ipc.RecordBatchFileReader] = (
            pa.ipc.open_stream(source) if stream else pa.ipc.open_file(source)
        )
        with opened as reader:
            yield reader


def open_orc(content: Content) -> ColumnarTable:
    """Return the table of an ORC file; pyarrow raises if it is damaged."""

    def batches(wanted: Sequence[str] | None, size: int) -> Iterator[pa.RecordBatch]:
        with content.local() as path:
            file = pyarrow.orc.ORCFile(path)
            for i in range(file.nstripes):
                table = pa.Table.from_batches([file.read_stripe(i, columns=wanted)])
                _limited(content, table.nbytes)
                yield from table.to_batches(max_chunksize=size)

    with content.local() as path:
        return ColumnarTable(content, "ORC", pyarrow.orc.ORCFile(path).schema, batches)
