"""The films and vectors that a training reads, as files named by their content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.fileio.atomic import replacing, sync_file
from pipeline.fileio.parquet import table_digest, write_table

__all__ = ["join_files", "put"]


def put(folder: Path, name: str, table: pa.Table) -> Path:
    """`folder/NAME-DIGEST.parquet`, written once: the same table is the same file."""
    path = folder / f"{name}-{table_digest(table)[:12]}.parquet"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as aside:
            write_table(aside, table)
    return path


def join_files(files: Sequence[str], to: Path) -> int:
    """Parquet files of one schema, one after the other, as the file `to`; returns its rows.

    One file at a time is in memory.
    """
    rows = 0
    with replacing(to) as aside:
        with pq.ParquetWriter(aside, pq.read_schema(files[0]), compression="zstd") as writer:
            for path in files:
                table = pq.read_table(path)
                writer.write_table(table)
                rows += table.num_rows
        sync_file(aside)
    return rows
