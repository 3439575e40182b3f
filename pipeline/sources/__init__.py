"""Catalogues of films: `open_source` opens one; each reads films (MOVIES) and rejects (REJECTS).

The sources are `sample`, `files:catalogue.csv`, `files:folder`, `files:data/*.csv`, `tmdb:out`
after a fetch into `out`, and `imdb:folder`.
"""

from __future__ import annotations

from glob import has_magic
from os.path import exists, expanduser  # unlike pathlib, these accept any text
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.base import REASONS, Source, SourceChunk
from pipeline.sources.files.source import FilesSource, nearest_file
from pipeline.sources.imdb import ImdbGenresSource
from pipeline.sources.sample import SampleSource
from pipeline.sources.tmdb.source import TmdbSource

__all__ = ["REASONS", "Source", "SourceChunk", "open_source"]

_FILES, _TMDB, _IMDB = "files:", "tmdb:", "imdb:"


def open_source(spec: str, settings: SourceSettings) -> Source:
    """Return the source that `spec` names. No file is opened yet, so call `check()` next.

    Parameters
    ----------
    spec : str
        `sample`, `files:PATH` (a file, folder or pattern), `tmdb:FOLDER` (of a fetch),
        `imdb:FOLDER` (one file per genre), or the path of an existing file or folder.
    settings : SourceSettings
        How to read it.

    Raises
    ------
    SourceError
        If `spec` names no source.

    Examples
    --------
    >>> source = open_source("sample", SourceSettings())
    >>> source.check()
    >>> sum(chunk.rows_in for chunk in source.read())
    531
    """
    if spec == "sample":
        return SampleSource(settings)
    if spec.startswith(_TMDB) and "\0" not in spec and spec != _TMDB:
        return TmdbSource(Path(expanduser(spec.removeprefix(_TMDB))), settings)
    if spec.startswith(_IMDB) and "\0" not in spec and spec != _IMDB:
        return ImdbGenresSource(Path(expanduser(spec.removeprefix(_IMDB))), settings)
    path = spec.removeprefix(_FILES)
    if path and "\0" not in path and (spec != path or exists(expanduser(path)) or has_magic(path)):
        return FilesSource(Path(expanduser(path)), settings)
    near = nearest_file(Path(expanduser(path))) if path and "\0" not in path else ""
    raise SourceError(
        f"source {spec!r} is unknown{near}: write sample, files:PATH (a file, a folder or a "
        "pattern), tmdb:FOLDER (of a fetch), imdb:FOLDER (a file for each genre), or the path of a "
        "file that exists"
    )
