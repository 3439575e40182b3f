"""Say in a few lines what the tables of a catalogue are, and what reading them lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pipeline.schemas.reading import CUT, DROPPED, REPAIRED, UNKNOWN
from pipeline.schemas.reading_summary import ReadingSummary, ReadTable

__all__ = ["DescribedTable", "reading_lines", "shortened", "table_lines", "worth_saying"]

_TABLES, _REASONS, _COLUMNS, _FILLS, _NOTES = 6, 4, 5, 2, 2  # most lines of each kind
_NAMES = 6  # most names in a line
_REPEAT = "duplicate_id"  # not lost: another row of the film is used, and filled from this one
_LOST = {UNKNOWN: "unknown", CUT: "cut", DROPPED: "without their control characters"}


class DescribedTable(Protocol):
    """What `table_lines` needs of a table; `TableSummary` and `ReadTable` have it."""

    @property
    def name(self) -> str:
        """Name of the file and of the table in it."""
        ...

    @property
    def form(self) -> str:
        """How it is written."""
        ...

    @property
    def role(self) -> str:
        """`films`, `fills` or `not read`."""
        ...

    @property
    def columns(self) -> Mapping[str, Sequence[str]]:
        """Column of the catalogue -> columns of the file."""
        ...

    @property
    def not_used(self) -> Sequence[str]:
        """Columns of the file that give nothing."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What else a user should know."""
        ...


def shortened(names: Sequence[str], most: int = _NAMES) -> str:
    """Return names as one text, the last ones as a number if there are more than `most`.

    Examples
    --------
    >>> shortened(["a", "b", "c", "d"], 2)
    'a, b and 2 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def worth_saying(role: str, notes: Sequence[str]) -> list[str]:
    """Return the notes on a table that say more than its role and its columns do.

    Examples
    --------
    >>> worth_saying("films", ["no column for year", "lines before the header, skipped: 2"])
    ['lines before the header, skipped: 2']
    """
    if role in ("films", "fills"):
        return [note for note in notes if not note.startswith("no column for")]
    return [note.removeprefix("not read: ") for note in notes]


def table_lines(tables: Sequence[DescribedTable], most: int = _TABLES) -> list[str]:
    """Return what each table is and which of its columns are used: one or two lines a table.

    Parameters
    ----------
    tables : sequence of TableSummary or ReadTable
        The tables of all sources, in the order in which they are read.
    most : int
        Most tables to describe; the others are counted.
    """
    lines = []
    for table in tables[:most]:
        start = f"{table.name} ({table.form})" if table.form else table.name
        if table.role == "not read":
            notes = worth_saying(table.role, table.notes)
            lines.append(f"{start}: not read" + "".join(f", {note}" for note in notes))
            continue
        use = "fills in" if table.role == "fills" else "gives"
        used = f"{start}: {use} {shortened(list(table.columns), 20)}"
        left = f"; not used: {shortened(table.not_used)}" if table.not_used else ""
        notes = worth_saying(table.role, table.notes)
        lines += [used + left, *(f"{table.name}: {note}" for note in notes)]
    if len(tables) > most:
        lines.append(
            f"and {len(tables) - most:,} more tables; `microgenres inspect` shows them all"
        )
    return lines


def reading_lines(summary: ReadingSummary) -> list[str]:
    """Return what reading lost, in at most 18 lines; an empty list if it lost nothing.

    Parameters
    ----------
    summary : ReadingSummary
        What was read, rejected and lost.

    Examples
    --------
    >>> from pipeline.schemas.reading_summary import RejectedRows
    >>> one = RejectedRows(reason="missing_title", rows=2, example="a.csv row 7: no title")
    >>> for line in reading_lines(ReadingSummary(rows_in=3, films=1, rejected=[one])):
    ...     print(line)
    3 rows read: 1 film, 2 rejected
    2 rows rejected, missing title, such as a.csv row 7: no title
    """
    found = [
        *_listed(_rejected(summary), _REASONS, "reasons of rejected rows"),
        *_listed(_cells(summary), _COLUMNS, "columns with such cells"),
        *_listed(_fills(summary.tables), _FILLS, "side tables"),
        *_listed(summary.notes, _NOTES, "notes"),
    ]
    if not found:
        return []
    repeats = sum(entry.rows for entry in summary.rejected if entry.reason == _REPEAT)
    rejected = sum(entry.rows for entry in summary.rejected) - repeats
    counts = f"{_rows(summary.rows_in)} read: {_films(summary.films)}, {rejected:,} rejected"
    return [counts + (f", {repeats:,} that repeat a film" if repeats else ""), *found]


def _rejected(summary: ReadingSummary) -> list[str]:
    return [
        f"{_rows(entry.rows)} of films that another row describes more completely, such as "
        f"{entry.example}"
        if entry.reason == _REPEAT
        else f"{_rows(entry.rows)} rejected, {entry.reason.replace('_', ' ')}, such as "
        f"{entry.example}"
        for entry in summary.rejected
    ]


def _cells(summary: ReadingSummary) -> list[str]:
    lines = []
    for entry in summary.cells:
        if entry.loss == REPAIRED:
            verb = "is" if entry.cells == 1 else "are"
            lines.append(f"{_rows(entry.cells)} {verb} repaired, such as {entry.example}")
            continue
        cells = "1 cell of" if entry.cells == 1 else f"{entry.cells:,} cells of"
        verb = "is" if entry.cells == 1 else "are"
        lost = _LOST.get(entry.loss, entry.loss)
        lines.append(f"{cells} {entry.column} {verb} {lost}, such as {entry.example}")
    return lines


def _fills(tables: Iterable[ReadTable]) -> list[str]:
    lines = []
    for table in tables:
        if table.role != "fills" or table.rows is None:
            continue
        films = f"{table.name} fills in {_films(table.films or 0)}"
        left = table.rows_without_film or 0
        lines.append(f"{films}; {_rows(left)} of it belong to no film" if left else films)
    return lines


def _listed(lines: Sequence[str], most: int, what: str) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], *([f"and {more:,} more {what}: report.json"] if more > 0 else [])]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _films(count: int) -> str:
    return "1 film" if count == 1 else f"{count:,} films"
