"""What a source is and how its films would be read, without a model, a server or a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
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
from pipeline.sources.inspection_result import (
    ChosenColumn,
    Inspection,
    RejectedRows,
    TableInspection,
    UnknownCells,
    UnusedColumn,
)
from pipeline.sources.sample import SampleSource
from pipeline.sources.tmdb.source import TmdbSource

__all__ = ["inspect_source"]

_SHOWN = 80  # characters of an example

See = Callable[[str, SourceChunk], object]


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
