"""A catalogue of films from anywhere, as `tables.MOVIES` and the rows that could not be read.

`open_source("sample")`, `open_source("files:catalogue.csv")`, `open_source("files:folder")`.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.contract import REASONS, Source, SourceChunk
from pipeline.sources.files import FilesSource
from pipeline.sources.sample import SampleSource

__all__ = ["REASONS", "Source", "SourceChunk", "open_source"]

_FILES = "files:"


def open_source(spec: str, settings: SourceSettings) -> Source:
    """The source that `spec` names; nothing is opened yet, so call `check()` next.

    Parameters
    ----------
    spec : `sample`, `files:PATH` with a file or a folder, or the bare path of something there is.
    settings : how to read it.

    Raises
    ------
    SourceError
        when `spec` names no source.
    """
    if spec == "sample":
        return SampleSource(settings)
    path = spec.removeprefix(_FILES)
    if path and "\0" not in path and (spec != path or Path(path).expanduser().exists()):
        return FilesSource(Path(path).expanduser(), settings)
    raise SourceError(
        f"source {spec!r} is unknown: write sample, files:PATH (a file or a folder), "
        "or the path of a file that exists"
    )
