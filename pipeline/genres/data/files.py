"""The films and vectors that training reads, as Parquet files named by their content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.fileio.atomic import replacing, sync_file
from pipeline.fileio.parquet import table_digest, write_table

__all__ = ["join_files", "put"]


def put(folder: Path, name: str, table: pa.Table) -> Path:
    """Write a table to `folder/NAME-DIGEST.parquet`, unless that file exists.

    Parameters
    ----------
    folder : Path
        Folder of the file; created if missing.
    name : str
        First part of the file name.
    table : pyarrow.Table
        The same table always has the same digest, so it is the same file.

    Returns
    -------
    Path
        The file.
    """
    path = folder / f"{name}-{table_digest(table)[:12]}.parquet"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as attempt:
            write_table(attempt, table)
    return path


def join_files(files: Sequence[str], to: Path) -> int:
    """Join Parquet files of one schema into one file, in order; one file at a time is in memory.

    Parameters
    ----------
    files : sequence of str
        Parquet files, at least one.
    to : Path
        File to write; it appears whole or not at all.

    Returns
    -------
    int
        Number of rows written.
    """
    rows = 0
    with replacing(to) as attempt:
        with pq.ParquetWriter(attempt, pq.read_schema(files[0]), compression="zstd") as writer:
            for path in files:
                table = pq.read_table(path)
                writer.write_table(table)
                rows += table.num_rows
        sync_file(attempt)
    return rows
