"""The daily export of all ids, as downloaded: one JSON object per line, mostly compressed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.errors import SourceError
from pipeline.settings import FetchSettings
from pipeline.sources.files.compression import inspect_path, open_lines
from pipeline.sources.tmdb.discovery import Found

__all__ = ["exported"]

_MAX_BYTES = 4 * 2**30  # of text; an export of all films has some 150 MB


def exported(path: Path, settings: FetchSettings) -> list[Found]:
    """The films of an export that the settings want, by id.

    Parameters
    ----------
    path : `movie_ids_MM_DD_YYYY.json.gz` as downloaded, or uncompressed.
    settings : `include_adult` and `min_popularity`; videos are left out.

    Raises
    ------
    SourceError
        naming the file and line that is no film, or where the file is torn.
    """
    inspect_path(path)
    found: dict[int, Found] = {}
    number = 0
    try:
        with open_lines(path, _MAX_BYTES) as lines:
            for number, line in enumerate(lines, start=1):
                film = _film(path, number, line) if line.strip() else None
                if film is not None and _wanted(film, settings):
                    found[film["id"]] = Found(film["id"], float(film.get("popularity") or 0.0))
    except (OSError, EOFError) as error:
        raise SourceError(
            f"{path}: cannot be read past line {number}: {error}; download it again"
        ) from error
    return [found[film] for film in sorted(found)]


def _wanted(film: dict[str, Any], settings: FetchSettings) -> bool:
    popular = (film.get("popularity") or 0.0) >= settings.min_popularity
    return popular and not film.get("video") and (settings.include_adult or not film.get("adult"))


def _film(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        film: dict[str, Any] = json.loads(line)
        if not isinstance(film["id"], int):
            raise TypeError("its id is no number")
        if not isinstance(film.get("popularity", 0.0), int | float | None):
            raise TypeError("its popularity is no number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            f"{path}, line {number}: not a film of an id export ({error}); download "
            "movie_ids_MM_DD_YYYY.json.gz again"
        ) from error
    return film
