"""What reading a catalogue gave and lost, as part of a report, a manifest and `--json`."""

from __future__ import annotations

from pydantic import Field

from pipeline.schemas.document import Document

__all__ = ["LostCells", "ReadTable", "ReadingSummary", "RejectedRows"]


class RejectedRows(Document):
    """The rows that were rejected for one reason."""

    reason: str
    """A reason such as `missing_overview`."""
    rows: int
    """Number of rows, at least 1."""
    example: str
    """One of them: "films.csv row 7: no overview"."""
    lost: bool = True
    """Whether the catalogue loses a film: false for duplicates and for rows of other types."""


class LostCells(Document):
    """The cells of one column that lost something; their films stay."""

    column: str
    """Column of the catalogue, such as `year`."""
    loss: str
    """`unknown` (not readable), `cut` (too long), `dropped` (control characters), or `repaired`: of
    column `row`, rows whose cells were put together around a quote out of place."""
    cells: int
    """Number of cells (of rows where `repaired`), at least 1."""
    example: str
    """One of them: "films.csv row 7: Year 'PG' is not a year"."""


class ReadTable(Document):
    """A table of a source, and what became of it."""

    source: str
    """Name of the source."""
    name: str
    """Name of the file and, where it holds several tables, of the table in it."""
    form: str
    """How it is written, such as "CSV, utf-8, separated by semicolons"."""
    role: str
    """`films`, `fills` for a side table, or `not read`."""
    columns: dict[str, list[str]] = Field(default_factory=dict)
    """Column of the catalogue -> columns of the file that give it."""
    not_used: list[str] = Field(default_factory=list)
    """Columns of the file that give nothing."""
    notes: list[str] = Field(default_factory=list)
    """What else a user should know, such as a guessed encoding."""
    rows: int | None = None
    """For a side table: its rows."""
    films: int | None = None
    """For a side table: the films that have a row in it."""
    rows_without_film: int | None = None
    """For a side table: its rows that belong to no film."""


class ReadingSummary(Document):
    """What was read, rejected and lost between the files and the clean films."""

    rows_in: int
    """Rows of films that were read, with the rejected ones."""
    films: int
    """Films after cleaning."""
    rejected: list[RejectedRows] = Field(default_factory=list)
    """Rejected rows by reason, the most frequent first."""
    cells: list[LostCells] = Field(default_factory=list)
    """Cells that lost something, by column, the most frequent first."""
    tables: list[ReadTable] = Field(default_factory=list)
    """The tables of all sources, in the order in which they were read."""
    notes: list[str] = Field(default_factory=list)
    """What else a user should know, such as files that number their films independently."""

    @property
    def rejected_share(self) -> float:
        """Share of the rows that are lost, 0 to 1; duplicates and other types do not count."""
        lost = sum(entry.rows for entry in self.rejected if entry.lost)
        spared = sum(entry.rows for entry in self.rejected if not entry.lost)
        return lost / max(1, self.rows_in - spared)

    def top_reasons(self, count: int = 3) -> list[RejectedRows]:
        """Return the most frequent reasons for which rows are lost, at most `count`."""
        return [entry for entry in self.rejected if entry.lost][:count]
