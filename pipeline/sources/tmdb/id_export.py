"""TMDB's daily export of all ids: one JSON object per line, usually compressed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.errors import SourceError
from pipeline.settings import FetchSettings
from pipeline.sources.forms import inspect_path
from pipeline.sources.forms.contents import file_content, unpacked
from pipeline.sources.forms.text.blocks import text_lines
from pipeline.sources.forms.text.encodings import Encoding
from pipeline.sources.tmdb.discovery import ListedFilm

__all__ = ["read_export"]

_MAX_BYTES = 4 * 2**30  # of text; an export of all films has about 150 MB


def read_export(path: Path, settings: FetchSettings) -> list[ListedFilm]:
    """Return the films of an export that the settings include, sorted by id.

    Parameters
    ----------
    path : Path
        `movie_ids_MM_DD_YYYY.json.gz` as downloaded, or uncompressed.
    settings : FetchSettings
        `include_adult` and `min_popularity`; videos are always left out.

    Raises
    ------
    SourceError
        If a line is not a film or the file is torn; the message names the file and the line.
    """
    inspect_path(path)
    films: dict[int, ListedFilm] = {}
    number = 0
    try:
        content = unpacked(file_content(path, _MAX_BYTES))
        for number, line in enumerate(text_lines(content, Encoding("utf-8-sig")), start=1):
            film = _parse_film(path, number, line) if line.strip() else None
            if film is not None and _is_included(film, settings):
                films[film["id"]] = ListedFilm(film["id"], float(film.get("popularity") or 0.0))
    except (OSError, EOFError) as error:
        raise SourceError(
            f"{path}: cannot be read past line {number}: {error}; download it again"
        ) from error
    return [films[film] for film in sorted(films)]


def _is_included(film: dict[str, Any], settings: FetchSettings) -> bool:
    popular = (film.get("popularity") or 0.0) >= settings.min_popularity
    return popular and not film.get("video") and (settings.include_adult or not film.get("adult"))


def _parse_film(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        film: dict[str, Any] = json.loads(line)
        if not isinstance(film["id"], int):
            raise TypeError("its id is not a number")
        if not isinstance(film.get("popularity", 0.0), int | float | None):
            raise TypeError("its popularity is not a number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            f"{path}, line {number}: not a film of an id export ({error}); download "
            "movie_ids_MM_DD_YYYY.json.gz again"
        ) from error
    return film
