"""What every form of table gives: columns, a description, and rows in chunks, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["RawChunk", "RawTable", "TableForm"]


@dataclass(frozen=True)
class TableForm:
    """How a table is written.

    Attributes
    ----------
    kind : str
        Name of the form as a user would say it, such as "CSV", "JSON array" or "SQLite table".
    compression : str
        Such as "gzip"; empty if there is none.
    encoding : str
        Encoding of the text, such as "utf-8"; empty for forms that are not text.
    confidence : float or None
        How certain a guessed encoding is, 0 to 1; None if it is not a guess.
    separator : str
        Character between cells; empty for forms that have none.
    notes : tuple of str
        What else a user should know, such as "2 lines before the header are skipped".
    """

    kind: str
    compression: str = ""
    encoding: str = ""
    confidence: float | None = None
    separator: str = ""
    notes: tuple[str, ...] = ()

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers have a decimal comma: where semicolons separate cells."""
        return self.separator == ";"


@dataclass(frozen=True)
class RawChunk:
    """Consecutive rows of a table, column by column.

    Attributes
    ----------
    first_row : int
        Number of the first data row, from 1, without header, preamble and blank lines.
    rows : int
        Number of rows.
    cells : Mapping of str to list
        Column -> `rows` cells; None where a row lacks the cell. A sparse table (JSON) may have
        columns that its first rows lack.
    malformed : Mapping of int to str
        Position in the chunk, from 0, of each line that is not a row of the table -> why. Its cells
        are None.
    repaired : Mapping of int to str
        Position in the chunk of each row whose cells had to be put together -> what was wrong.
    """

    first_row: int
    rows: int
    cells: Mapping[str, list[object]]
    malformed: Mapping[int, str] = field(default_factory=dict)
    repaired: Mapping[int, str] = field(default_factory=dict)


class RawTable(Protocol):
    """One table of a file; a file such as a workbook or an archive may hold several."""

    @property
    def name(self) -> str:
        """Name of the file and, where it holds several tables, of the table in it."""
        ...

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order; of a sparse table, those of its first rows."""
        ...

    @property
    def sparse(self) -> bool:
        """Whether later rows may have other columns, as in JSON."""
        ...

    @property
    def attribution(self) -> str:
        """Notice that the file requires (metadata `attribution` of Parquet); empty if none."""
        ...

    def chunks(self, wanted: Sequence[str] | None, rows: int) -> Iterator[RawChunk]:
        """Yield all rows in order, never all in memory.

        Parameters
        ----------
        wanted : sequence of str or None
            Columns to read; None for all.
        rows : int
            Most rows of a chunk.

        Raises
        ------
        SourceError
            If the file is damaged; the message names the file and the row.
        """
        ...
