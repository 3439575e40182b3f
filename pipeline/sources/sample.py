"""The bundled catalogue, so that a first run needs no download.

Its column `micro_genre` is the editors' and never reaches a table: tests score against it.
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
    """The films of `pipeline/sources/sample.csv`, wherever the package is installed.

    Of the settings only `chunk_rows` and `max_file_bytes` count: its columns are our own.
    """

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings.model_copy(update={"dialect": "columns", "column_map": {}})

    @property
    def name(self) -> str:
        return "sample"

    @property
    def attribution(self) -> str:
        return ""

    def gone(self) -> frozenset[str]:
        return frozenset()

    def check(self) -> None:
        if not _RESOURCE.is_file():
            raise SourceError("sample: sample.csv is missing; install the package again")
        with as_file(_RESOURCE) as path:
            check_file(path, self._settings)

    def content_hash(self) -> str:
        with as_file(_RESOURCE) as path:
            inspect_path(path)
            return file_hash(path)

    def read(self) -> Iterator[SourceChunk]:
        with as_file(_RESOURCE) as path:
            yield from read_file(path, self._settings, label=self.name)
