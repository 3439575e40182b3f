"""What reading a catalogue lost, cell by cell, and the ids by which rows of several files join."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

__all__ = [
    "CELL_LOSSES",
    "CUT",
    "DROPPED",
    "REPAIRED",
    "ROW_KEYS",
    "UNKNOWN",
    "WHOLE_ROW",
    "LossTally",
    "combine_losses",
]

UNKNOWN = "unknown"  # the cell could not be read, so its value is unknown
CUT = "cut"  # a text or list was longer than the limit; the rest is cut
DROPPED = "dropped"  # control characters of a text were dropped
REPAIRED = "repaired"  # the cells of a row were put together around a quote out of place
WHOLE_ROW = "row"  # column of a loss that is that of a row, such as REPAIRED

# Counts of cells that lost something, with one example; the film stays.
CELL_LOSSES = pa.schema(
    [
        ("source", pa.string()),  # column `source` of MOVIES
        ("column", pa.string()),  # column of MOVIES
        ("file_column", pa.string()),  # column of the file; null after reading
        ("loss", pa.string()),  # UNKNOWN, CUT, DROPPED or REPAIRED
        ("cells", pa.int64()),  # number of cells
        ("example_row", pa.int64()),  # smallest row number with this loss
        ("example", pa.string()),  # its cell, at most 80 characters
        ("detail", pa.string()),  # what is wrong with it, such as "is not a number"
    ]
)

# The ids of other authorities that a row has beside its own; aligned with the rows of MOVIES.
ROW_KEYS = pa.schema(
    [
        ("imdb_id", pa.string()),  # "tt0133093"; null if unknown
        ("tmdb_id", pa.string()),  # digits, only from a column that says so (tmdb_id)
        ("has_id", pa.bool_()),  # whether the file has movie_id; else it is derived
    ]
)

_SHOWN = 80  # characters of an example
_KEY = ("source", "column", "file_column", "loss")


class LossTally:
    """Counts the cells that lost something, with one example for each column and loss.

    Examples
    --------
    >>> tally = LossTally()
    >>> tally.add("a.csv", "year", "Year", UNKNOWN, 7, "PG", "is not a year")
    >>> tally.add("a.csv", "year", "Year", UNKNOWN, 9, "R", "is not a year")
    >>> tally.table().to_pylist()[0]["cells"]
    2
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str | None, ...], dict[str, object]] = {}

    def add(
        self,
        source: str | None,
        column: str,
        file_column: str | None,
        loss: str,
        row: int,
        example: object,
        detail: str,
        cells: int = 1,
    ) -> None:
        """Count `cells` cells; the example of the smallest row number stays."""
        key = (source, column, file_column, loss)
        found = self._rows.get(key)
        if found is not None:
            found["cells"] = int(str(found["cells"])) + cells
            if row >= int(str(found["example_row"])):
                return
            cells = int(str(found["cells"]))
        shown = example if isinstance(example, str) else repr(example)
        shown = " ".join(shown.split())
        shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."
        self._rows[key] = dict(zip(_KEY, key, strict=True)) | {
            "cells": cells,
            "example_row": row,
            "example": shown.encode("utf-8", "replace").decode(),
            "detail": detail,
        }

    def table(self) -> pa.Table:
        """Return CELL_LOSSES, sorted by source, column, file column and loss."""
        rows = [self._rows[key] for key in sorted(self._rows, key=lambda k: [v or "" for v in k])]
        return pa.Table.from_pylist(rows, CELL_LOSSES)


def combine_losses(parts: Iterable[pa.Table]) -> pa.Table:
    """Return the sums of several tables of CELL_LOSSES, as one table in the same order."""
    total = LossTally()
    for part in parts:
        for row in part.to_pylist():
            total.add(
                row["source"],
                row["column"],
                row["file_column"],
                row["loss"],
                row["example_row"],
                row["example"],
                row["detail"],
                row["cells"],
            )
    return total.table()
