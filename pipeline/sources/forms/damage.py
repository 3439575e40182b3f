"""Errors of damaged files: each names the file and the last row that could be read."""

from __future__ import annotations

import csv
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterator

import pyarrow as pa

from pipeline.errors import SourceError
from pipeline.sources.forms.base import RawChunk

__all__ = ["DAMAGE", "reported"]

DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    RecursionError,  # values within values, to a great depth
    pa.ArrowException,
    csv.Error,
    sqlite3.Error,
    tarfile.TarError,
    zipfile.BadZipFile,
    NotImplementedError,  # a kind of archive or file that the library does not read
)


def reported(chunks: Iterator[RawChunk], name: str) -> Iterator[RawChunk]:
    """Yield chunks; damage becomes a `SourceError` with the name and the row."""
    number = 0
    try:
        for chunk in chunks:
            yield chunk
            number = chunk.first_row + chunk.rows - 1
    except DAMAGE as error:
        raise SourceError(
            f"{name}: cannot be read past data row {number}: {error}; "
            "the file is damaged or incomplete, fetch it again"
        ) from error
