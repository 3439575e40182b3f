"""Tables in folders such as `year=1999`, whose names are cells of every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.sources.forms.base import RawChunk, RawTable, TableForm

__all__ = ["PartitionTable"]


@dataclass(frozen=True)
class PartitionTable:
    """A table with further columns; each has the same cell in all rows.

    Attributes
    ----------
    table : RawTable
        The table of the file.
    partition : Mapping of str to str or None
        Column -> cell; a column that the file has too is that of the file.
    """

    table: RawTable
    partition: Mapping[str, str | None]

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.table.name

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        return self.table.form

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the file, then those of its folders."""
        return tuple(dict.fromkeys([*self.table.columns, *self.partition]))

    @property
    def sparse(self) -> bool:
        """Whether later rows may have other columns."""
        return self.table.sparse

    @property
    def attribution(self) -> str:
        """Notice that the file requires."""
        return self.table.attribution

    def chunks(self, wanted: Sequence[str] | None, rows: int) -> Iterator[RawChunk]:
        """Yield all rows in order; see `RawTable`."""
        added = {
            name: value
            for name, value in self.partition.items()
            if name not in self.table.columns and (wanted is None or name in wanted)
        }
        for chunk in self.table.chunks(wanted, rows):
            cells: dict[str, list[object]] = {
                name: [None if i in chunk.malformed else value for i in range(chunk.rows)]
                for name, value in added.items()
            }
            yield replace(chunk, cells={**cells, **chunk.cells})
