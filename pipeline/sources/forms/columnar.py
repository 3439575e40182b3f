"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.sources.forms.base import RawChunk, TableForm
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.damage import reported
from pipeline.sources.parsing.literals import restore_bytes

__all__ = ["ParquetTable", "open_parquet", "values"]

_MAX_ATTRIBUTION = 500  # characters


@contextmanager
def _parquet_file(content: Content) -> Iterator[pq.ParquetFile]:
    with (
        content.local() as path,
        pq.ParquetFile(path, page_checksum_verification=True) as file,
    ):
        meta = file.metadata
        size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        if size > content.max_bytes:
            raise SourceError(
                f"{content.name}: has {size} bytes uncompressed, more than {content.max_bytes}; "
                "raise source.max_file_bytes if that is right"
            )
        yield file


@dataclass(frozen=True)
class ParquetTable:
    """The rows of a Parquet file."""

    content: Content
    columns: tuple[str, ...]
    attribution: str

    @property
    def name(self) -> str:
        """Name of the file, and of the member of an archive."""
        return self.content.name

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        return TableForm("Parquet", compression=self.content.compression)

    @property
    def sparse(self) -> bool:
        """Return False: all rows have the same columns."""
        return False

    def chunks(self, wanted: Sequence[str] | None, rows: int) -> Iterator[RawChunk]:
        """Yield all rows in order; see `RawTable`."""
        return reported(self._chunks(wanted, rows), self.name)

    def _chunks(self, wanted: Sequence[str] | None, size: int) -> Iterator[RawChunk]:
        keep = None if wanted is None else [name for name in self.columns if name in wanted]
        first = 1
        with _parquet_file(self.content) as file:
            for batch in file.iter_batches(size, columns=keep):
                cells = {name: values(batch.column(i)) for i, name in enumerate(batch.schema.names)}
                yield RawChunk(first, batch.num_rows, cells)
                first += batch.num_rows


def open_parquet(content: Content) -> ParquetTable:
    """Return the table of a Parquet file; pyarrow raises if it is damaged."""
    with _parquet_file(content) as file:
        schema = file.schema_arrow
        notice = (schema.metadata or {}).get(b"attribution", b"")
    attribution = " ".join(notice.decode("utf-8", "replace").split())[:_MAX_ATTRIBUTION]
    return ParquetTable(content, tuple(schema.names), attribution)


def values(column: pa.Array) -> list[object]:
    """Return the cells of an Arrow array; timestamps become days, bytes become text."""
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
    cells: list[object] = column.to_pylist()
    return cells
