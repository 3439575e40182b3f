"""The bundled catalogue, so that a first run needs no download.

Its column `micro_genre`, chosen by editors, is never read: tests compare results with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import as_file, files

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk
from pipeline.sources.files.compression import file_hash, inspect_path
from pipeline.sources.files.source import check_file, read_file

__all__ = ["SampleSource"]

_RESOURCE = files("pipeline.sources") / "sample.csv"


class SampleSource:
    """The films of the package file `pipeline/sources/sample.csv`.

    Only the settings `chunk_rows` and `max_file_bytes` apply: its columns are those of MOVIES.
    """

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings.model_copy(update={"dialect": "columns", "column_map": {}})

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
        with as_file(_RESOURCE) as path:
            check_file(path, self._settings)

    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of the file."""
        with as_file(_RESOURCE) as path:
            inspect_path(path)
            return file_hash(path)

    def read(self) -> Iterator[SourceChunk]:
        """Yield the rows in chunks."""
        with as_file(_RESOURCE) as path:
            yield from read_file(path, self._settings, label=self.name)
