"""Read the films of `microgenres assign --file`: plain lines or JSON lines."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.errors import SourceError

__all__ = ["read_films", "unseen_film"]

_LAST_YEAR = 9_999


def unseen_film(overview: str) -> dict[str, Any]:
    """Return a film with only a text, as `Assigner.assign` expects it."""
    return {"overview": overview.strip(), "keywords": [], "tagline": None}


def read_films(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read films from a UTF-8 file: one text per line, or one JSON object per line.

    Parameters
    ----------
    path : Path
        If the first line that is not blank begins with "{", each line is a JSON object with
        `overview`, and optionally `genres`, `keywords` and `countries` (lists), `tagline`,
        `language`, `year`, `runtime_minutes` and `title`. "-" is standard input.

    Returns
    -------
    list of tuple of str and dict
        A name for the film, and the film as `Assigner.assign` expects it. Blank lines are skipped.

    Raises
    ------
    SourceError
        Names the file, the line and the cause.
    """
    lines = [(i, line.strip()) for i, line in enumerate(_lines(path), 1) if line.strip()]
    if not lines:
        raise SourceError(f"{path} contains no film: write one text per line, or JSON lines")
    if not lines[0][1].startswith("{"):
        return [(line, unseen_film(line)) for _, line in lines]
    return [_from_json(line, f"{path}, line {number}") for number, line in lines]


def _lines(path: Path) -> Iterable[str]:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        # Not splitlines(): a Unicode line separator inside a text does not end it.
        return data.decode("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as UTF-8 text: {error}") from error


def _from_json(line: str, where: str) -> tuple[str, dict[str, Any]]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise SourceError(f"{where}: not valid JSON: {error}") from error
    if not isinstance(record, dict):
        raise SourceError(f'{where}: a JSON object is needed, such as {{"overview": "..."}}')
    overview, title = record.get("overview"), record.get("title")
    if not isinstance(overview, str) or not overview.strip():
        raise SourceError(f"{where}: `overview` must be a non-empty text")
    lists = {name: record.get(name) or [] for name in ("genres", "keywords", "countries")}
    for name, texts in lists.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise SourceError(f"{where}: `{name}` must be a list of texts")
    single = {name: record.get(name) or None for name in ("tagline", "language")}
    if not all(isinstance(text, str | None) for text in (title, *single.values())):
        raise SourceError(f"{where}: `tagline`, `language` and `title` must be texts, or missing")
    year, runtime = record.get("year"), record.get("runtime_minutes")
    if not (year is None or (type(year) is int and 0 <= year <= _LAST_YEAR)):
        raise SourceError(f"{where}: `year` must be a year such as 1994, or missing")
    if not (runtime is None or (type(runtime) in (int, float) and 0 <= runtime < math.inf)):
        raise SourceError(f"{where}: `runtime_minutes` must be a number, or missing")
    numbers = {"year": year, "runtime_minutes": runtime}
    film: dict[str, Any] = {"overview": overview.strip(), **lists, **single, **numbers}
    return title or overview.strip(), film
