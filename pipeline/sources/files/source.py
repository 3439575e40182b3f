"""Catalogues in the user's files: one file, or every catalogue file of a folder by name."""

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
from pipeline.sources.files.dialects import Plan, make_plan
from pipeline.sources.files.rows import build_chunk

__all__ = ["FilesSource", "check_file", "read_file"]

log = logging.getLogger(__name__)


def check_file(path: Path, settings: SourceSettings) -> None:
    """Check the format, columns and first rows of a file; raise `SourceError` if they are wrong."""
    inspect_path(path)
    plan = _plan(path, settings)
    log.info("%s: dialect %s, columns for %s", path.name, plan.dialect, ", ".join(plan.columns))


def _plan(path: Path, settings: SourceSettings) -> Plan:
    columns = readers.read_columns(path, settings.max_file_bytes)
    return make_plan(columns, settings, file=str(path), sparse=file_format(path) == "jsonl")


def read_file(path: Path, settings: SourceSettings, *, label: str) -> Iterator[SourceChunk]:
    """Yield all rows of one file in chunks of `settings.chunk_rows`; `label` is column `source`."""
    inspect_path(path)
    plan = _plan(path, settings)
    wanted = sorted({name for column in plan.columns.values() for name in column.names})
    numbered = enumerate(readers.read_rows(path, settings.max_file_bytes, wanted), start=1)
    while rows := list(islice(numbered, settings.chunk_rows)):
        yield build_chunk(rows, plan, label=label, pivot=settings.century_pivot)


class FilesSource:
    """The films of a file, or of all catalogue files directly in a folder.

    Parameters
    ----------
    path : Path
        A file or a folder. Hidden files and files of other formats in a folder are skipped. Column
        `source` is the name of each file, and rows are numbered from 1 in each.
    settings : SourceSettings
        How to read it.
    """

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        self._path, self._settings = path, settings

    @property
    def name(self) -> str:
        """Name of the file or folder."""
        return self._path.name or self._path.resolve().name or "root"

    @property
    def attribution(self) -> str:
        """Notices that the files require, each once."""
        return " ".join(dict.fromkeys(filter(None, map(readers.read_attribution, self._files()))))

    def gone(self) -> frozenset[str]:
        """Return no ids: files report no removed films."""
        return frozenset()

    def _files(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        try:
            entries = sorted(self._path.iterdir(), key=lambda entry: entry.name)
        except OSError as error:
            raise SourceError(f"{self._path}: the folder cannot be read: {error}") from error
        files = [e for e in entries if file_format(e) and e.name[0] != "." and not e.is_dir()]
        if not files:
            raise SourceError(
                f"{self._path}: the folder has no catalogue; the formats are {', '.join(FORMATS)}"
            )
        return files

    def check(self) -> None:
        """Raise `SourceError` unless every file can be read."""
        for path in self._files():
            check_file(path, self._settings)

    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of the file, or of the names and hashes of several."""
        files = self._files()
        for path in files:
            inspect_path(path)
        if files == [self._path]:
            return file_hash(self._path)
        lines = "".join(f"{file_hash(path)}  {path.name}\n" for path in files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def read(self) -> Iterator[SourceChunk]:
        """Yield the rows of the files in chunks, the files sorted by name."""
        for path in self._files():
            yield from read_file(path, self._settings, label=path.name)
