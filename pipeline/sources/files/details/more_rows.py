"""What the first rows of a table leave open, from its later rows: order of dates, late columns."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from pipeline.sources.files.column_plan import ColumnPlan
from pipeline.sources.files.details.choice import ordered
from pipeline.sources.files.nested import pick
from pipeline.sources.forms import RawChunk, RawTable
from pipeline.sources.parsing.dates import date_order

__all__ = ["first_rows", "settle_dates"]

_CHUNK = 5_000  # rows
_DATES = ("release_date", "year")


def first_rows(table: RawTable, rows: int) -> RawChunk | None:
    """Return the first rows of a table, None if it has none, and close its file at once."""
    chunks = table.chunks(None, rows)
    try:
        return next(chunks, None)
    finally:
        if isinstance(chunks, Generator):
            chunks.close()


def settle_dates(plan: ColumnPlan, table: RawTable) -> tuple[ColumnPlan, tuple[str, ...]]:
    """Return the plan with the order of dates that the whole table shows, and notes for a user.

    Most columns show their order in the first rows, so that nothing is read. A column is read up to
    the first date that shows it.

    Parameters
    ----------
    plan : ColumnPlan
        From the first rows.
    table : RawTable
        The table.

    Returns
    -------
    plan : ColumnPlan
        With the order where it is found.
    notes : tuple of str
        One for each column that never shows it.
    """
    notes = []
    for target in _DATES:
        for name in sorted(plan.uses[target].unclear_order) if target in plan.uses else ():
            cells = _shown_order(table, plan, name)
            use = ordered(plan.uses[target], name, cells)
            plan = replace(plan, uses={**plan.uses, target: use})
            if name in use.unclear_order:
                example = next(c for c in plan.evidence[name].present if date_order([c]))
                notes.append(
                    f"dates of {name!r} such as {str(example)[:40]!r} are read with the month "
                    "first; none shows whether the day comes first"
                )
    return plan, tuple(dict.fromkeys(notes))


def _shown_order(table: RawTable, plan: ColumnPlan, name: str) -> list[object]:
    """Return the cells of the first rows that show the order, or the first ones if none does."""
    last: list[object] = list(plan.evidence[name].present)
    for cells in _cells(table, plan, name):
        if date_order(cells) in ("day", "month"):
            return cells
    return last


def _cells(table: RawTable, plan: ColumnPlan, name: str) -> Iterator[list[object]]:
    path = plan.paths.get(name, (name,))
    chunks = table.chunks([path[0]], _CHUNK)
    try:
        for chunk in chunks:
            cells = chunk.cells.get(path[0], [])
            yield [pick(cell, path[1:]) for cell in cells] if len(path) > 1 else cells
    finally:
        if isinstance(chunks, Generator):
            chunks.close()
