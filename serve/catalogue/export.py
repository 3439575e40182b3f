"""A selection of films as a file that people keep: CSV that a spreadsheet may open, or Parquet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.schemas.mining import RELEASED_MOVIES

__all__ = ["csv_bytes", "defused", "parquet_bytes"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_bytes(films: pa.Table) -> bytes:
    """UTF-8 with a header and a byte order mark, by which spreadsheets know it is UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(films.column_names)
    for batch in films.to_batches(max_chunksize=4_096):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            writer.writerow([_cell(value) for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def parquet_bytes(films: pa.Table) -> bytes:
    """The same rows with the types of `tables.RELEASED_MOVIES`."""
    out = io.BytesIO()
    pq.write_table(films.select(RELEASED_MOVIES.names).cast(RELEASED_MOVIES), out)
    return out.getvalue()


def defused(text: str) -> str:
    """`text`, preceded by an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return defused("; ".join(str(item) for item in value))
    return defused(value) if isinstance(value, str) else value
