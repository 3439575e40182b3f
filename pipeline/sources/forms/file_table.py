"""What the tables of all forms share: damage is reported with the file and the row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from pipeline.sources.forms.base import RawChunk
from pipeline.sources.forms.damage import reported

__all__ = ["FileTable"]


class FileTable(ABC):
    """A table whose rows have the same columns, without a notice; others override that."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the file and, where it holds several tables, of the table in it."""

    @property
    def sparse(self) -> bool:
        """Return False: all rows have the same columns."""
        return False

    @property
    def attribution(self) -> str:
        """Return "": the form has no place for a notice."""
        return ""

    def chunks(self, wanted: Sequence[str] | None, rows: int) -> Iterator[RawChunk]:
        """Yield all rows in order; see `RawTable`."""
        return reported(self._chunks(wanted, rows), self.name)

    @abstractmethod
    def _chunks(self, wanted: Sequence[str] | None, size: int) -> Iterator[RawChunk]:
        """Yield all rows in order; damage is raised as the library raises it."""
