"""What an inspection of a source says: its tables, their columns, example films, and losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = [
    "ChosenColumn",
    "Inspection",
    "RejectedRows",
    "TableInspection",
    "UnknownCells",
    "UnusedColumn",
]


@dataclass(frozen=True)
class ChosenColumn:
    """A column of MOVIES, and the columns of the file that give it.

    Attributes
    ----------
    column : str
        Column of MOVIES, or `imdb_id` or `tmdb_id`, by which files join, or `type`.
    file_columns : tuple of str
        Columns of the file, in order: the first cell that is not missing is used. Numbers from "1"
        if the file seems to have no header.
    reason : str
        Why they were chosen, such as "named like an overview; texts of 310 characters".
    """

    column: str
    file_columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class UnusedColumn:
    """A column of the file that gives nothing.

    Attributes
    ----------
    name : str
        Name in the file.
    example : str
        First cell that is not missing, at most 80 characters; empty if there is none.
    reason : str
        Why it is not used; empty if nothing is known of a column of this name.
    """

    name: str
    example: str
    reason: str = ""


@dataclass(frozen=True)
class RejectedRows:
    """Rows that are rejected for one reason.

    Attributes
    ----------
    reason : str
        One of `pipeline.sources.REASONS`.
    rows : int
        Number of rows.
    example_row : int
        Number of the first of them, from 1.
    example : str
        What is wrong with it.
    file : str
        Column `source` of that row; empty if it is that of the table.
    """

    reason: str
    rows: int
    example_row: int
    example: str
    file: str = ""


@dataclass(frozen=True)
class UnknownCells:
    """Cells of one column that cannot be read, so that their values are unknown.

    Attributes
    ----------
    column, file_column : str
        Column of MOVIES, and of the file.
    cells : int
        Number of cells.
    example_row : int
        Number of the first row with such a cell, from 1.
    example : str
        That cell, at most 80 characters.
    detail : str
        What is wrong with it, such as "is not a number".
    file : str
        Column `source` of that row; empty if it is that of the table.
    """

    column: str
    file_column: str
    cells: int
    example_row: int
    example: str
    detail: str
    file: str = ""


@dataclass(frozen=True)
class TableInspection:
    """What one table of a source is, and what is read from it.

    Attributes
    ----------
    name : str
        Name of the file and, where it holds several tables, of the table in it.
    role : str
        "films"; "fills" for a side table; "not read"; "unclear" if title or overview are not found,
        so that `column_map` is a guess to paste.
    kind, compression, encoding, separator : str
        As in `pipeline.sources.forms.base.TableForm`; empty where the form has none.
    confidence : float or None
        How certain a guessed encoding is, 0 to 1.
    rows : int
        Data rows of the whole table.
    films : int
        Rows that are read as films, or that fill films.
    columns : tuple of ChosenColumn
        In the order of MOVIES.
    missing : tuple of str
        Columns of MOVIES that no column of the file gives.
    not_used : tuple of UnusedColumn
        Columns of the file that give nothing.
    examples : tuple of Mapping
        The first films as they would be read: column of MOVIES -> value.
    rejected : tuple of RejectedRows
        Of the whole table, the most frequent reason first.
    unknown : tuple of UnknownCells
        Of the whole table, the most frequent first.
    notes : tuple of str
        What else a user should know.
    column_map : Mapping of str to str
        Settings `source.column_map` to paste: the guess if the role is "unclear"; else what is read
        now, as a start for changes, without columns of MOVIES that several columns of the file
        give, since a map names one.
    """

    name: str
    role: str
    kind: str
    compression: str = ""
    encoding: str = ""
    separator: str = ""
    confidence: float | None = None
    rows: int = 0
    films: int = 0
    columns: tuple[ChosenColumn, ...] = ()
    missing: tuple[str, ...] = ()
    not_used: tuple[UnusedColumn, ...] = ()
    examples: tuple[Mapping[str, Any], ...] = ()
    rejected: tuple[RejectedRows, ...] = ()
    unknown: tuple[UnknownCells, ...] = ()
    notes: tuple[str, ...] = ()
    column_map: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Inspection:
    """What a source is; `dataclasses.asdict` or `to_dict` give JSON values.

    Attributes
    ----------
    source : str
        As the user wrote it, such as `files:films.csv`.
    tables : tuple of TableInspection
        In the order in which they are read.
    problem : str
        Why no films can be read, as `mine` would say it; empty if they can.
    name : str
        Name of the source.
    """

    source: str
    tables: tuple[TableInspection, ...]
    problem: str = ""
    name: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the inspection as values of JSON."""
        return asdict(self)
