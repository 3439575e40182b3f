"""Workbooks: XLSX, XLS, XLSB and ODS; each sheet with rows is a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import islice

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from pipeline.errors import NotATable, SourceError
from pipeline.sources.forms.base import RawChunk, TableForm
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.delimited.sniffing import header_position, unique_names
from pipeline.sources.forms.file_table import FileTable

__all__ = ["SheetTable", "open_workbook"]

_HEADER_WITHIN = 60  # rows among which the header is looked for
_SAMPLE_ROWS = 1_000
_TYPED = frozenset({int, float, bool})  # types of cells that need no change


@dataclass(frozen=True)
class SheetTable(FileTable):
    """The rows of a sheet.

    Attributes
    ----------
    content : Content
        The bytes of the workbook.
    kind : str
        Name of its form.
    sheet : str
        Name of the sheet.
    skipped : int
        Rows up to the header, which is one of them.
    positions : tuple of int
        Columns of the sheet that have a name or cells.
    columns : tuple of str
        Their names.
    head : sequence of rows
        The first rows of the sheet. A workbook must be parsed as a whole for its first row, which
        takes most of the time of reading; so the rows that decide over columns are not read again.
    """

    content: Content
    kind: str
    sheet: str
    skipped: int
    positions: tuple[int, ...]
    columns: tuple[str, ...]
    head: Sequence[Sequence[object]] = field(repr=False)

    @property
    def name(self) -> str:
        """Names of the file and the sheet."""
        return f"{self.content.name}: {self.sheet}"

    @property
    def form(self) -> TableForm:
        """How the table is written."""
        before = self.skipped - 1
        notes = (f"rows before the header, skipped: {before}",) if before else ()
        return TableForm(self.kind, compression=self.content.compression, notes=notes)

    def _chunks(self, wanted: Sequence[str] | None, size: int) -> Iterator[RawChunk]:
        filled = (row for row in self._rows() if any(cell != "" for cell in row))
        first = 1
        while batch := list(islice(filled, size)):
            columns = list(zip(*batch, strict=True))
            cells: dict[str, list[object]] = {
                name: _cells(columns[i])
                for i, name in zip(self.positions, self.columns, strict=True)
                if wanted is None or name in wanted
            }
            yield RawChunk(first, len(batch), cells)
            first += len(batch)

    def _rows(self) -> Iterator[Sequence[object]]:
        """Yield the rows below the header."""
        yield from self.head[self.skipped :]
        if len(self.head) == _SAMPLE_ROWS:
            with self.content.local() as path:
                sheet = _open(self.content, str(path)).get_sheet_by_name(self.sheet)
                yield from islice(sheet.to_python(), len(self.head), None)


def _cells(column: Sequence[object]) -> list[object]:
    """Return the cells of a column as other forms have them."""
    kinds = set(map(type, column))
    if kinds <= _TYPED:
        return list(column)
    if kinds <= _TYPED | {str}:  # most columns; without a call for each cell
        return [None if cell == "" else cell for cell in column]
    return [_cell(cell) for cell in column]


def _cell(cell: object) -> object:
    """Return a cell as other forms have it: a day for a moment, text for a time."""
    if cell == "":
        return None
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, time | timedelta):
        return str(cell)
    return cell


def _open(content: Content, path: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise SourceError(
            f"{content.name}: is a workbook with a password; save it without one"
        ) from error
    except CalamineError as error:
        raise OSError(str(error)) from error


def open_workbook(content: Content, kind: str) -> list[SheetTable]:
    """Return the tables of a workbook.

    Parameters
    ----------
    content : Content
        The bytes.
    kind : str
        Name of the form, such as "XLSX".

    Raises
    ------
    SourceError
        If it has a password, or no sheet has rows.
    OSError
        If it is damaged.
    """
    tables = []
    with content.local() as path:
        book = _open(content, str(path))
        for name in book.sheet_names:
            try:
                rows = book.get_sheet_by_name(name).to_python(nrows=_SAMPLE_ROWS)
            except CalamineError:  # a chart has no cells
                continue
            if table := _sheet(content, kind, name, rows):
                tables.append(table)
    if not tables:
        raise NotATable(f"{content.name}: no sheet has a header of two columns and a row")
    return tables


def _sheet(
    content: Content, kind: str, name: str, rows: Sequence[Sequence[object]]
) -> SheetTable | None:
    texts = [[str(cell) for cell in row] for row in rows[:_HEADER_WITHIN]]
    most = max((sum(map(bool, map(str.strip, row))) for row in texts), default=0)
    if most < 2:
        return None
    at = header_position(texts, most, ragged=False)
    header = [cell.strip() for cell in texts[at]]
    below = rows[at + 1 :]
    if not any(cell != "" for row in below for cell in row):
        return None
    used = [
        i
        for i, cell in enumerate(header)
        if cell or any(i < len(row) and row[i] != "" for row in below)
    ]
    names = [header[i] or (f"Unnamed: {i}" if i else "") for i in used]
    return SheetTable(content, kind, name, at + 1, tuple(used), unique_names(names), rows)
