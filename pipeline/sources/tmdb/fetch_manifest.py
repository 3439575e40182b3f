"""The files of a finished fetch: `films.parquet`, `changed.parquet` and `manifest.json`."""

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


def write_manifest(folder: Path, fields: Mapping[str, Any]) -> None:
    """Write the manifest of a fetch.

    Parameters
    ----------
    folder : Path
        Folder of the fetch.
    fields : Mapping
        JSON values; `films` and `changed` are `CatalogueSummary` as dictionaries.
    """
    text = json.dumps({"attribution": ATTRIBUTION, **fields}, indent=1, sort_keys=True)
    write_bytes(folder / _MANIFEST, (text + "\n").encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of the last finished fetch.

    Raises
    ------
    SourceError
        If no fetch into that folder has finished.
    """
    path = folder / _MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise SourceError(
            f"{folder}: no fetch has ended here; give the folder that was --out of "
            "microgenres fetch tmdb"
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be read: {error}; fetch again") from error
    return manifest


def known_films(folder: Path) -> tuple[int, ...]:
    """Return the sorted ids of the films of the catalogue and of those without a response.

    Raises
    ------
    SourceError
        If there is no catalogue.
    CorruptFileError
        If it cannot be read.
    """
    missing = read_manifest(folder)["films"]["missing"]
    return tuple(sorted({*film_ids(folder), *missing}))


def gone_films(folder: Path) -> tuple[int, ...]:
    """Return the ids of films that were in the catalogue, or requested, and that TMDB removed.

    Every later fetch into the folder lists them again, for readers that skip some fetches.

    Raises
    ------
    SourceError
        If no fetch into that folder has finished.
    """
    return tuple(read_manifest(folder).get("gone", ()))


def film_ids(folder: Path) -> list[int]:
    """Return the ids of the films of the catalogue; `CorruptFileError` if it cannot be read."""
    try:
        ids: list[int] = pq.read_table(folder / FILMS, columns=["id"]).column("id").to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(
            f"{folder / FILMS}: cannot be read: {error}; give microgenres fetch tmdb again"
        ) from error
    return ids
