"""What a fetch leaves in its folder: `films.parquet`, `changed.parquet`, and `manifest.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import CorruptFileError, SourceError
from pipeline.fileio.atomic import write_bytes
from pipeline.sources.tmdb import ATTRIBUTION

__all__ = [
    "CHANGED",
    "FILMS",
    "film_ids",
    "gone_films",
    "known_films",
    "read_manifest",
    "write_manifest",
]

FILMS, CHANGED = "films.parquet", "changed.parquet"
_MANIFEST = "manifest.json"


def write_manifest(folder: Path, told: Mapping[str, Any]) -> None:
    """Say what a fetch made; `films` and `changed` are tables of `Written`."""
    text = json.dumps({"attribution": ATTRIBUTION, **told}, indent=1, sort_keys=True)
    write_bytes(folder / _MANIFEST, (text + "\n").encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """What the last fetch that ended has made.

    Raises
    ------
    SourceError
        when no fetch into that folder has ended.
    """
    path = folder / _MANIFEST
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise SourceError(
            f"{folder}: no fetch has ended here; give the folder that was --out of "
            "microgenres fetch tmdb"
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be read: {error}; fetch again") from error
    return found


def known_films(folder: Path) -> tuple[int, ...]:
    """Ids of the films of the catalogue, and of those that it lacks for want of an answer.

    Raises
    ------
    SourceError
        when there is no catalogue.
    CorruptFileError
        when it cannot be read.
    """
    missing = read_manifest(folder)["films"]["missing"]
    return tuple(sorted({*film_ids(folder), *missing}))


def gone_films(folder: Path) -> tuple[int, ...]:
    """Ids of films that the catalogue had, or was to have, and that TMDB has no more.

    They are told by every later fetch into the folder, too, for who looks there seldom.

    Raises
    ------
    SourceError
        when no fetch into that folder has ended.
    """
    return tuple(read_manifest(folder).get("gone", ()))


def film_ids(folder: Path) -> list[int]:
    """Ids of the films of the catalogue; `CorruptFileError` when it cannot be read."""
    try:
        ids: list[int] = pq.read_table(folder / FILMS, columns=["id"]).column("id").to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(
            f"{folder / FILMS}: cannot be read: {error}; give microgenres fetch tmdb again"
        ) from error
    return ids
