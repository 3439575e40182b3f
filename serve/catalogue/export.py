"""Export of films as CSV that a spreadsheet can open safely, or as Parquet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.schemas.mining import RELEASED_MOVIES

__all__ = ["csv_bytes", "escape_formula", "parquet_bytes"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_bytes(films: pa.Table) -> bytes:
    """Return a table as UTF-8 CSV with a header.

    The byte order mark at the beginning lets spreadsheets recognise UTF-8. Lists are joined with
    "; ". Text that a spreadsheet would run as a formula is escaped, see `escape_formula`.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(films.column_names)
    for batch in films.to_batches(max_chunksize=4_096):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            writer.writerow([_cell(value) for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def parquet_bytes(films: pa.Table) -> bytes:
    """Return a table as a Parquet file of the schema `RELEASED_MOVIES`."""
    out = io.BytesIO()
    pq.write_table(films.select(RELEASED_MOVIES.names).cast(RELEASED_MOVIES), out)
    return out.getvalue()


def escape_formula(text: str) -> str:
    """Return `text` with an apostrophe in front if a spreadsheet would take it for a formula.

    Examples
    --------
    >>> escape_formula("=HYPERLINK(1)")
    "'=HYPERLINK(1)"
    >>> escape_formula("Das Boot")
    'Das Boot'
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return escape_formula("; ".join(str(item) for item in value))
    return escape_formula(value) if isinstance(value, str) else value
