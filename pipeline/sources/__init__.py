"""A catalogue of films from anywhere, as `tables.MOVIES` and the rows that could not be read.

`open_source("sample")`, `open_source("files:catalogue.csv")`, `open_source("files:folder")`,
`open_source("tmdb:out")` after a fetch into `out`.
"""

from __future__ import annotations

from os.path import exists, expanduser  # unlike pathlib's they take any text
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.base import REASONS, Source, SourceChunk
from pipeline.sources.files.source import FilesSource
from pipeline.sources.imdb import ImdbGenresSource
from pipeline.sources.sample import SampleSource
from pipeline.sources.tmdb.source import TmdbSource

__all__ = ["REASONS", "Source", "SourceChunk", "open_source"]

_FILES, _TMDB, _IMDB = "files:", "tmdb:", "imdb:"


def open_source(spec: str, settings: SourceSettings) -> Source:
    """The source that `spec` names; nothing is opened yet, so call `check()` next.

    Parameters
    ----------
    spec : `sample`, `files:PATH` with a file or a folder, `tmdb:FOLDER` with the folder of a fetch,
        `imdb:FOLDER` with a file for each genre,
        or the bare path of something there is.
    settings : how to read it.

    Raises
    ------
    SourceError
        when `spec` names no source.
    """
    if spec == "sample":
        return SampleSource(settings)
    if spec.startswith(_TMDB) and "\0" not in spec and spec != _TMDB:
        return TmdbSource(Path(expanduser(spec.removeprefix(_TMDB))), settings)
    if spec.startswith(_IMDB) and "\0" not in spec and spec != _IMDB:
        return ImdbGenresSource(Path(expanduser(spec.removeprefix(_IMDB))), settings)
    path = spec.removeprefix(_FILES)
    if path and "\0" not in path and (spec != path or exists(expanduser(path))):
        return FilesSource(Path(expanduser(path)), settings)
    raise SourceError(
        f"source {spec!r} is unknown: write sample, files:PATH (a file or a folder), "
        "tmdb:FOLDER (of a fetch), imdb:FOLDER (a file for each genre), or the path of a file "
        "that exists"
    )
