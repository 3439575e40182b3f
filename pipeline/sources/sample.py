"""The bundled catalogue, so that a first run needs no download.

Its column `micro_genre`, chosen by editors, is never read: tests compare results with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file
from importlib.resources import files as resources

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk, TableSummary
from pipeline.sources.files.source import FilesSource

__all__ = ["SampleSource"]

_RESOURCE = resources("pipeline.sources") / "sample.csv"


class SampleSource:
    """The films of the package file `pipeline/sources/sample.csv`.

    Only the settings `chunk_rows` and `max_file_bytes` apply: its columns are those of MOVIES.
    """

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings.model_copy(
            update={
                "dialect": "columns",
                "column_map": {},
                "table_maps": {},
                "types": (),
                "encoding": "utf-8",
            }
        )

    @property
    def name(self) -> str:
        """Name of the source: `sample`."""
        return "sample"

    @property
    def attribution(self) -> str:
        """No notice is required."""
        return ""

    def gone(self) -> frozenset[str]:
        """Return no ids: the sample reports no removed films."""
        return frozenset()

    def check(self) -> None:
        """Raise `SourceError` unless the file is part of the installation."""
        if not _RESOURCE.is_file():
            raise SourceError("sample: sample.csv is missing; install the package again")
        with self.files() as files:
            files.check()

    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of the file."""
        with self.files() as files:
            return files.content_hash()

    def read(self) -> Iterator[SourceChunk]:
        """Yield the rows in chunks."""
        with self.files() as files:
            yield from files.read()

    def tables(self) -> list[TableSummary]:
        """Return what the table is."""
        with self.files() as files:
            return files.tables()

    @contextmanager
    def files(self) -> Iterator[FilesSource]:
        """Yield the file as a source, while it exists on the disk."""
        with as_file(_RESOURCE) as path:
            yield FilesSource(path, self._settings, label=self.name)
