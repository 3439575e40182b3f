"""What every source of films promises; `tests/support/contracts/source_contract.py` holds it to that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import pyarrow as pa

from pipeline.errors import TableError
from pipeline.schemas import mining as tables

__all__ = ["REASONS", "Source", "SourceChunk"]

# Why a source gives a row back as a reject: one line of explanation and advice each.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "malformed_row": "The line is not a row of this file (wrong number of cells, or not a "
        "JSON object); look for an unescaped separator, quote or line break.",
        "missing_id": "The row has neither an id nor a title to derive one from; "
        "add an id column, or map it with source.column_map.",
        "wrong_type": "A cell cannot be read as what its column holds, such as a year 'abc'; "
        "correct the cell, or map another column with source.column_map.",
    }
)


@dataclass(frozen=True)
class SourceChunk:
    """Some consecutive rows of a source, every one of them either a film or a reject.

    Parameters
    ----------
    movies : table of `tables.MOVIES`, in the order of the file.
    rejects : table of `tables.REJECTS`, in the order of the file.
    rows_in : data rows read, which is ``movies.num_rows + rejects.num_rows``.

    Raises
    ------
    TableError
        when a schema is not as promised or the rows do not add up.
    """

    movies: pa.Table
    rejects: pa.Table
    rows_in: int

    def __post_init__(self) -> None:
        tables.validate(self.movies, tables.MOVIES, name="source movies")
        tables.validate(self.rejects, tables.REJECTS, name="source rejects")
        rows_out = self.movies.num_rows + self.rejects.num_rows
        if rows_out != self.rows_in:
            raise TableError(f"source chunk: {self.rows_in} rows in, {rows_out} rows out")


@runtime_checkable
class Source(Protocol):
    """A catalogue of films that can be read more than once, in chunks, always alike."""

    @property
    def name(self) -> str:
        """Short label: the file's or folder's name, or `sample`; never an absolute path."""
        ...

    @property
    def attribution(self) -> str:
        """What whoever publishes these films must say of where they come from; often nothing."""
        ...

    def gone(self) -> frozenset[str]:
        """Ids (`movie_id`) of films that the catalogue had once and says to be gone; often none.

        Raises
        ------
        SourceError
            when the catalogue cannot be read.
        """
        ...

    def check(self) -> None:
        """Open the catalogue and look at its columns and first row, without reading it all.

        Raises
        ------
        SourceError
            naming the file, the cause, and what to do.
        """
        ...

    def content_hash(self) -> str:
        """SHA-256 (64 hex digits) of the bytes the source reads; the file's path plays no part."""
        ...

    def read(self) -> Iterator[SourceChunk]:
        """Yield all rows in chunks of at most `SourceSettings.chunk_rows`.

        Each row's (`source`, `row`) is unique within this source.

        Raises
        ------
        SourceError
            naming file and row, when the catalogue cannot be read to its end; whoever reads must
            then commit nothing of it.
        """
        ...
