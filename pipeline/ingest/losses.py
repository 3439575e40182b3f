"""Sum up what reading a catalogue lost, and stop when it is too much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SourceError
from pipeline.schemas.reading import combine_losses
from pipeline.schemas.reading_summary import LostCells, ReadingSummary, ReadTable, RejectedRows

__all__ = ["NOT_LOST", "ReadCatalogue", "check_rejected_share", "describe_reasons", "summarise"]

# Reasons of rejected rows whose film is not lost: another row has it, or it is not wanted.
NOT_LOST = frozenset({"duplicate_id", "merged", "other_type"})


class ReadCatalogue(Protocol):
    """The part of `PartitionedCatalogue` that a summary needs."""

    @property
    def rows_in(self) -> int:
        """Rows that were read, with the rejected ones."""
        ...

    @property
    def sources(self) -> Sequence[Mapping[str, object]]:
        """The sources, each with its `tables`."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a user should know."""
        ...


def summarise(
    catalogue: ReadCatalogue,
    films: int,
    rejects: Iterable[pa.Table],
    losses: Iterable[pa.Table],
) -> ReadingSummary:
    """Return what was read, rejected and lost.

    Parameters
    ----------
    catalogue : PartitionedCatalogue
        The catalogue that was read.
    films : int
        Number of films after cleaning.
    rejects : iterable of pa.Table
        Tables of REJECTS: those of the catalogue (`catalogue.rejects`) and those of cleaning.
    losses : iterable of pa.Table
        Tables of CELL_LOSSES: those of the catalogue (`catalogue.losses`) and those of cleaning.
    """
    return ReadingSummary(
        rows_in=catalogue.rows_in,
        films=films,
        rejected=_count_reasons(pa.concat_tables(list(rejects))),
        cells=_count_cells(combine_losses(losses)),
        tables=[
            ReadTable.model_validate({"source": source["name"], **table})
            for source in catalogue.sources
            for table in _tables(source)
        ],
        notes=list(catalogue.notes),
    )


def check_rejected_share(summary: ReadingSummary, max_share: float) -> None:
    """Stop if too many rows were rejected.

    Parameters
    ----------
    summary : ReadingSummary
        What was read.
    max_share : float
        Greatest share of rows that may be lost, 0 to 1: `source.max_rejected_share`.

    Raises
    ------
    SourceError
        If more rows are lost; the message has the three most frequent reasons with an example.
    """
    share = summary.rejected_share
    if share <= max_share:
        return
    lost = sum(entry.rows for entry in summary.rejected if entry.lost)
    raise SourceError(
        f"{lost:,} of {summary.rows_in:,} rows are rejected ({share:.0%}; at most {max_share:.0%} "
        f"may be): {describe_reasons(summary)}. `microgenres inspect` shows how the files are "
        "read; --allow-rejects goes on"
    )


def describe_reasons(summary: ReadingSummary, count: int = 3) -> str:
    """Return the most frequent reasons of lost rows as one line, with an example each.

    Examples
    --------
    >>> entry = RejectedRows(reason="missing_title", rows=2, example="a.csv row 7: no title")
    >>> describe_reasons(ReadingSummary(rows_in=3, films=1, rejected=[entry]))
    'missing_title 2 rows (a.csv row 7: no title)'
    """
    return "; ".join(
        f"{entry.reason} {entry.rows:,} row{'s' if entry.rows > 1 else ''} ({entry.example})"
        for entry in summary.top_reasons(count)
    )


def _tables(source: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    tables = source.get("tables", ())
    assert isinstance(tables, Sequence)
    return tables


def _count_reasons(rejects: pa.Table) -> list[RejectedRows]:
    """Rejected rows by reason; the example is the first row of the first file by name."""
    found = []
    for reason in rejects["reason"].unique().to_pylist():
        rows = rejects.filter(pc.equal(rejects["reason"], reason))
        order = pc.sort_indices(rows, [("source", "ascending"), ("row", "ascending")])[:1]
        first = rows.take(order).to_pylist()[0]
        found.append(
            RejectedRows(
                reason=reason,
                rows=len(rows),
                example=f"{first['source']} row {first['row']}: {first['detail']}",
                lost=reason not in NOT_LOST,
            )
        )
    return sorted(found, key=lambda entry: (-entry.rows, entry.reason))


def _count_cells(losses: pa.Table) -> list[LostCells]:
    """Lost cells by column and loss; the example is that of the first file by name."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for row in losses.to_pylist():
        key = (row["column"], row["loss"])
        column = f"{row['file_column']} " if row["file_column"] else ""
        example = f"{row['source']} row {row['example_row']}: {column}{row['example']!r} "
        cells, first = found.get(key, (0, example + (row["detail"] or "")))
        found[key] = (cells + row["cells"], first.rstrip())
    counted = [
        LostCells(column=column, loss=loss, cells=cells, example=example)
        for (column, loss), (cells, example) in found.items()
    ]
    return sorted(counted, key=lambda entry: (-entry.cells, entry.column, entry.loss))
