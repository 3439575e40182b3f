"""The interface of every source of films; `tests/support/contracts/source_contract.py` tests it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import pyarrow as pa

from pipeline.errors import TableError
from pipeline.schemas import mining as tables
from pipeline.schemas.reading import CELL_LOSSES, ROW_KEYS

__all__ = ["REASONS", "Source", "SourceChunk", "TableSummary"]

# Why a source rejects a row, with an explanation and advice.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "malformed_row": "The line is not a row of this file (wrong number of cells, or not a "
        "JSON object); look for an unescaped separator, quote or line break.",
        "missing_id": "The row has neither an id nor a title to derive one from; "
        "add an id column, or map it with source.column_map.",
        "other_type": "The type of the row, such as a TV show, is none of source.types; add its "
        "type to that setting, or leave it empty to read all types.",
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
    losses : pa.Table
        Table of CELL_LOSSES: cells that could not be read.
    keys : pa.Table
        Table of ROW_KEYS, a row for each row of `movies`; without rows if no row has another id.
    fills : bool
        Whether the rows are those of a side table: they fill the films of the same id, and are no
        films themselves. Title or overview are null.

    Raises
    ------
    TableError
        If a table has another schema, or the rows do not add up.
    """

    movies: pa.Table
    rejects: pa.Table
    rows_in: int
    losses: pa.Table = field(default_factory=CELL_LOSSES.empty_table)
    keys: pa.Table = field(default_factory=ROW_KEYS.empty_table)
    fills: bool = False

    def __post_init__(self) -> None:
        tables.validate(self.movies, tables.MOVIES, name="source movies")
        tables.validate(self.rejects, tables.REJECTS, name="source rejects")
        rows_out = self.movies.num_rows + self.rejects.num_rows
        if rows_out != self.rows_in:
            raise TableError(f"source chunk: {self.rows_in} rows in, {rows_out} rows out")
        if self.keys.num_rows not in (0, self.movies.num_rows):
            raise TableError(
                f"source chunk: {self.movies.num_rows} films, ids of {self.keys.num_rows}"
            )


@dataclass(frozen=True)
class TableSummary:
    """What a table of a source is, and what becomes of its columns.

    Attributes
    ----------
    name : str
        Name of the file and, where it holds several tables, of the table in it.
    form : str
        How it is written, such as "CSV, utf-8, separated by semicolons".
    role : str
        "films"; "fills" for a side table; "not read" for a table that is neither, such as ratings.
    columns : Mapping of str to tuple of str
        Column of MOVIES -> columns of the file that give it.
    not_used : tuple of str
        Columns of the file that give nothing.
    notes : tuple of str
        What else a user should know, such as a guessed encoding or why a table is not read.
    """

    name: str
    form: str
    role: str
    columns: Mapping[str, tuple[str, ...]]
    not_used: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


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

    def tables(self) -> list[TableSummary]:
        """Return what each table of the source is, in the order in which they are read.

        Raises
        ------
        SourceError
            If a file cannot be read.
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
