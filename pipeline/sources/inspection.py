"""What a source is and how its films would be read, without a model, a server or a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pyarrow as pa

from pipeline.errors import SourceError
from pipeline.schemas.reading import combine_losses
from pipeline.settings import SourceSettings
from pipeline.sources import Source, SourceChunk, open_source
from pipeline.sources.files.column_maps import guess_map, looks_headless
from pipeline.sources.files.column_plan import TARGETS, ColumnPlan, ColumnUse
from pipeline.sources.files.columns import choose_columns
from pipeline.sources.files.source import FilesSource, read_table, row_reader
from pipeline.sources.files.table_roles import PlannedTable
from pipeline.sources.imdb import ImdbGenresSource
from pipeline.sources.sample import SampleSource
from pipeline.sources.tmdb.source import TmdbSource

__all__ = [
    "ChosenColumn",
    "Inspection",
    "RejectedRows",
    "TableInspection",
    "UnknownCells",
    "UnusedColumn",
    "inspect_source",
]

_SHOWN = 80  # characters of an example

See = Callable[[str, SourceChunk], object]


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


def inspect_source(
    spec: str,
    settings: SourceSettings,
    *,
    rows: int = 5,
    see: See | None = None,
) -> Inspection:
    """Read a source from its first to its last row and return what was found.

    Parameters
    ----------
    spec : str
        A source such as `films.csv`; see `pipeline.sources.open_source`.
    settings : SourceSettings
        How to read it.
    rows : int
        Most films to show for each table.
    see : callable, optional
        Called with the name of the source and each chunk, so that it is read only once.

    Returns
    -------
    Inspection
        Also where title or overview are not found: then with a problem and a column map to paste.

    Raises
    ------
    SourceError
        If the source does not exist, or a file is damaged.
    """
    source = open_source(spec, settings)
    with _files_of(source) as files:
        problem = ""
        planned = files.planned
        try:
            files.check()
        except SourceError as error:
            problem = str(error)
        if not problem and not any(table.role == "films" for table in planned):
            problem = f"{planned[0].label}: {planned[0].missing}"
        tables = tuple(_inspect(table, settings, rows, source.name, see) for table in planned)
    return Inspection(spec, tables, problem, source.name)


@contextmanager
def _files_of(source: Source) -> Iterator[FilesSource]:
    if isinstance(source, SampleSource):
        with source.files() as files:
            yield files
    elif isinstance(source, TmdbSource):
        yield source.files()
    else:
        assert isinstance(source, FilesSource | ImdbGenresSource)
        yield source if isinstance(source, FilesSource) else source.files


def _inspect(
    planned: PlannedTable,
    settings: SourceSettings,
    rows: int,
    source: str,
    see: See | None,
) -> TableInspection:
    table, plan = planned.table, planned.plan
    if table is None or plan is None:
        return TableInspection(planned.label, "not read", "", notes=planned.notes)
    form = table.form
    described = TableInspection(
        name=planned.label,
        role=planned.role,
        kind=form.kind,
        compression=form.compression,
        encoding=form.encoding,
        separator=form.separator,
        confidence=form.confidence,
        notes=(*form.notes, *planned.notes, *filter(None, [planned.missing])),
        not_used=_not_used(plan, list(table.columns) if planned.role == "not read" else None),
    )
    if planned.role == "not read":
        return described
    guess = guess_map(plan)
    if planned.role == "unclear":
        # The films are shown as they would be read with the column map to paste.
        columns = [*plan.evidence]
        sample = {name: seen.present for name, seen in plan.evidence.items()}
        tried = choose_columns(
            columns,
            sample,
            mapped=guess,
            decimal_comma=form.decimal_comma,
            why_mapped="a guess from its cells",
        )
        planned = replace(planned, plan=replace(tried, paths=plan.paths))
    reader = row_reader(planned, settings)
    counts: Counter[str] = Counter()
    first_rejects: dict[str, tuple[int, str]] = {}
    losses: list[pa.Table] = []
    examples: list[dict[str, Any]] = []
    total = 0
    for chunk in read_table(planned, settings, reader):
        total += chunk.rows_in
        if see is not None and planned.role in ("films", "fills"):
            see(source, chunk)
        losses.append(chunk.losses)
        if len(examples) < rows:
            examples += chunk.movies.slice(0, rows - len(examples)).to_pylist()
        counts.update(chunk.rejects.column("reason").to_pylist())
        for reject in chunk.rejects.to_pylist():
            first_rejects.setdefault(reject["reason"], (reject["row"], reject["detail"]))
    plan = reader.plan
    names = {name: name for name in table.columns}
    if planned.role == "unclear" and looks_headless(table.columns):
        # the first row is none of names: with a map of numbers it is read as a film too
        names = {name: str(n) for n, name in enumerate(table.columns, start=1)}
        guess = {target: names.get(name, name) for target, name in guess.items()}
    return replace(
        described,
        rows=total,
        films=total - counts.total(),
        columns=tuple(
            ChosenColumn(target, tuple(names.get(name, name) for name in use.names), _why(use))
            for target, use in plan.uses.items()
        ),
        missing=tuple(target for target in TARGETS if target not in plan.uses),
        not_used=tuple(
            replace(column, name=names.get(column.name, column.name)) for column in _not_used(plan)
        ),
        examples=tuple(
            {name: value for name, value in film.items() if value is not None} for film in examples
        ),
        rejected=tuple(
            RejectedRows(reason, count, *first_rejects[reason])
            for reason, count in counts.most_common()
        ),
        unknown=_unknown(losses),
        column_map=guess
        if planned.role == "unclear"
        else {target: use.names[0] for target, use in plan.uses.items() if len(use.names) == 1},
    )


def _why(use: ColumnUse) -> str:
    """Why columns were chosen, and how their cells are read where that is not plain."""
    parts = [use.reason]
    if use.gather and len(use.names) > 1:
        parts.append("all columns together")
    parts += [
        f"lists are cut at {separator!r}" for separator in dict.fromkeys(use.separators.values())
    ]
    return "; ".join(filter(None, parts))


def _unknown(losses: list[pa.Table]) -> tuple[UnknownCells, ...]:
    rows = combine_losses(losses).to_pylist()
    return tuple(
        UnknownCells(
            row["column"],
            row["file_column"] or "",
            row["cells"],
            row["example_row"],
            row["example"],
            row["detail"],
        )
        for row in sorted(rows, key=lambda row: -row["cells"])
    )


def _not_used(plan: ColumnPlan, names: list[str] | None = None) -> tuple[UnusedColumn, ...]:
    shown = list(plan.not_used) if names is None else names
    return tuple(
        UnusedColumn(name, _example(plan.examples.get(name)), plan.not_used.get(name, ""))
        for name in shown
    )


def _example(cell: object) -> str:
    text = "" if cell is None else " ".join(str(cell).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
