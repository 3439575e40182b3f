"""The interface of every source of films; `tests/support/contracts/source_contract.py` tests it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import pyarrow as pa

from pipeline.errors import TableError
from pipeline.schemas import mining as tables

__all__ = ["REASONS", "Source", "SourceChunk"]

# Why a source rejects a row, with an explanation and advice.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "malformed_row": "The line is not a row of this file (wrong number of cells, or not a "
        "JSON object); look for an unescaped separator, quote or line break.",
        "missing_id": "The row has neither an id nor a title to derive one from; "
        "add an id column, or map it with source.column_map.",
        "wrong_type": "A cell cannot be read as the type of its column, such as a year 'abc'; "
        "correct the cell, or map another column with source.column_map.",
    }
)


@dataclass(frozen=True)
class SourceChunk:
    """Consecutive rows of a source, each either a film or a reject.

    Attributes
    ----------
    movies : pa.Table
        Table of MOVIES, in the order of the file.
    rejects : pa.Table
        Table of REJECTS, in the order of the file.
    rows_in : int
        Data rows read: ``movies.num_rows + rejects.num_rows``.

    Raises
    ------
    TableError
        If a table has another schema, or the rows do not add up.
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
    """A catalogue of films; it can be read in chunks, more than once, with the same result."""

    @property
    def name(self) -> str:
        """Short name: that of the file or folder, or `sample`; never an absolute path."""
        ...

    @property
    def attribution(self) -> str:
        """Notice that a publisher of these films must show; empty if none is required."""
        ...

    def gone(self) -> frozenset[str]:
        """Return the ids (`movie_id`) of films that the catalogue reports as removed.

        Raises
        ------
        SourceError
            If the catalogue cannot be read.
        """
        ...

    def check(self) -> None:
        """Check the columns and the first rows without reading the whole catalogue.

        Raises
        ------
        SourceError
            If it cannot be read; the message names the file, the cause, and what to do.
        """
        ...

    def content_hash(self) -> str:
        """Return the SHA-256 (64 hex digits) of the bytes that are read, without the path."""
        ...

    def read(self) -> Iterator[SourceChunk]:
        """Yield all rows in chunks of at most `SourceSettings.chunk_rows`.

        The pair (`source`, `row`) is unique for each row of this source.

        Raises
        ------
        SourceError
            If the catalogue cannot be read to its end; the message names the file and the row. The
            caller must then commit none of its rows.
        """
        ...
