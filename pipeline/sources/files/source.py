"""Catalogues in files of the user's: one file, or every catalogue file of a folder by name."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk
from pipeline.sources.files import readers
from pipeline.sources.files.compression import FORMATS, file_format, file_hash, inspect_path
from pipeline.sources.files.dialects import Plan, plan
from pipeline.sources.files.rows import chunk

__all__ = ["FilesSource", "check_file", "read_file"]

log = logging.getLogger(__name__)


def check_file(path: Path, settings: SourceSettings) -> None:
    """Look at the file's kind, columns and first rows; SourceError says what is wrong with it."""
    inspect_path(path)
    found = _plan(path, settings)
    log.info("%s: dialect %s, columns for %s", path.name, found.dialect, ", ".join(found.columns))


def _plan(path: Path, settings: SourceSettings) -> Plan:
    columns = readers.columns(path, settings.max_file_bytes)
    return plan(columns, settings, file=str(path), sparse=file_format(path) == "jsonl")


def read_file(path: Path, settings: SourceSettings, *, label: str) -> Iterator[SourceChunk]:
    """All rows of one file in chunks of `settings.chunk_rows`, `label` in column `source`."""
    inspect_path(path)
    how = _plan(path, settings)
    wanted = sorted({name for column in how.columns.values() for name in column.names})
    numbered = enumerate(readers.rows(path, settings.max_file_bytes, wanted), start=1)
    while rows := list(islice(numbered, settings.chunk_rows)):
        yield chunk(rows, how, label=label, pivot=settings.century_pivot)


class FilesSource:
    """The films of a file, or of all catalogue files that lie directly in a folder.

    Parameters
    ----------
    path : a file or a folder. In a folder, hidden files and files of other formats are passed
        over; column `source` holds each file's own name, and rows count from 1 in each.
    settings : how to read it.
    """

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        self._path, self._settings = path, settings

    @property
    def name(self) -> str:
        return self._path.name or self._path.resolve().name or "root"

    @property
    def attribution(self) -> str:
        return " ".join(dict.fromkeys(filter(None, map(readers.attribution, self._files()))))

    def gone(self) -> frozenset[str]:
        return frozenset()

    def _files(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        try:
            entries = sorted(self._path.iterdir(), key=lambda entry: entry.name)
        except OSError as error:
            raise SourceError(f"{self._path}: the folder cannot be read: {error}") from error
        found = [e for e in entries if file_format(e) and e.name[0] != "." and not e.is_dir()]
        if not found:
            raise SourceError(
                f"{self._path}: the folder holds no catalogue; there are {', '.join(FORMATS)}"
            )
        return found

    def check(self) -> None:
        for path in self._files():
            check_file(path, self._settings)

    def content_hash(self) -> str:
        files = self._files()
        for path in files:
            inspect_path(path)
        if files == [self._path]:
            return file_hash(self._path)
        lines = "".join(f"{file_hash(path)}  {path.name}\n" for path in files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def read(self) -> Iterator[SourceChunk]:
        for path in self._files():
            yield from read_file(path, self._settings, label=path.name)
