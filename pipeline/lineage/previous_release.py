"""The previous release: what a new one reads of it to continue its ids and names."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import CorruptFileError, ReleaseError, StoreError
from pipeline.lineage.matching import Grouping
from pipeline.schemas.lineage import LINEAGE
from pipeline.schemas.mining import MICRO_GENRES, add_later_columns
from pipeline.schemas.vectors import matrix_of
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import MANIFEST, read_release_manifest, verify_release

__all__ = [
    "PreviousRelease",
    "find_previous_release",
    "find_releases_of_content",
    "known_sources",
]

logger = logging.getLogger(__name__)

_ENDED = ("merged", "gone")  # events after which a micro-genre no longer exists


@dataclass(frozen=True)
class PreviousRelease:
    """A release that a new one follows.

    Attributes
    ----------
    path : Path
        Folder of the release.
    release_id : str
        Name of that folder.
    generation : int
        Number of releases before it in its line, 0 for the first.
    films : Grouping
        Its films by micro-genre, and its centroids.
    micro_genres : list of dict
        Rows of MICRO_GENRES by cluster.
    ended_lineage : pa.Table
        LINEAGE rows of the micro-genres that ended with this release or earlier.
    """

    path: Path
    release_id: str
    generation: int
    films: Grouping
    micro_genres: list[dict[str, Any]]
    ended_lineage: pa.Table

    @property
    def ids_and_names(self) -> list[tuple[str, str]]:
        """Id and name of each micro-genre, by cluster."""
        return [(row["micro_genre_id"], row["micro_genre_name"]) for row in self.micro_genres]


def find_previous_release(
    releases: ReleaseStore,
) -> tuple[PreviousRelease | None, frozenset[str]]:
    """Return the release that a new one follows, and every micro-genre id used so far.

    Parameters
    ----------
    releases : ReleaseStore
        Releases of an output folder.

    Returns
    -------
    previous : PreviousRelease or None
        The latest release or, if it is damaged, the nearest of its parents that verifies.
    known_ids : frozenset of str
        Micro-genre ids in the tables of all releases of the folder. The damaged releases that were
        skipped on the way do not count: they are built again.

    Raises
    ------
    CorruptFileError
        If a table of a release that was not skipped cannot be read.
    """
    try:
        name = releases.latest()
    except ReleaseError as error:
        logger.warning("all micro-genres get new ids and names: %s", error)
        name = None
    damaged: set[str] = set()
    previous = None
    while name is not None and previous is None:
        folder = releases.root / "releases" / name
        try:
            previous = _read(folder, verify_release(folder))
        except (StoreError, OSError, pa.ArrowException, KeyError) as error:
            logger.warning("release %s is damaged, using its parent instead: %s", name, error)
            damaged.add(name)
            name = _parent(folder)
            name = None if name in damaged else name
    return previous, _known_ids(releases, damaged)


def known_sources(releases: ReleaseStore) -> tuple[str, ...]:
    """Return the names of the sources of the latest release and of those before, the oldest first.

    Parameters
    ----------
    releases : ReleaseStore
        Releases of an output folder; without a readable one there are no names.
    """
    try:
        manifest = read_release_manifest(releases.folder())
    except ReleaseError:  # no release yet, or a damaged one, which `find_previous_release` reports
        return ()
    order, sources = manifest.get("source_order"), manifest.get("sources")
    if isinstance(order, list) and order:
        return tuple(map(str, order))
    entries = sources if isinstance(sources, list) else []
    return tuple(str(entry["name"]) for entry in entries if "name" in entry)


def find_releases_of_content(releases: ReleaseStore, content: str) -> list[Path]:
    """Return the folders of the releases with this content hash, whether they verify or not.

    Parameters
    ----------
    releases : ReleaseStore
        Releases of an output folder.
    content : str
        The entry `content` of a release manifest.
    """
    found: list[Path] = []
    for path in sorted((releases.root / "releases").glob(f"[!.]*/{MANIFEST}")):
        try:
            if read_release_manifest(path.parent).get("content") == content:
                found.append(path.parent)
        except ReleaseError as error:
            logger.warning("%s", error)
    return found


def _known_ids(releases: ReleaseStore, damaged: Collection[str]) -> frozenset[str]:
    ids: set[str] = set()
    for folder in sorted((releases.root / "releases").glob("[!.]*")):
        for name, columns in (
            ("micro_genres", ["micro_genre_id"]),
            ("lineage", ["previous_id", "micro_genre_id"]),
        ):
            path = folder / f"{name}.parquet"
            if folder.name in damaged or not path.is_file():  # older releases lack it
                continue
            try:
                table = pq.read_table(path, columns=columns)
            except (OSError, pa.ArrowException) as error:
                raise CorruptFileError(
                    f"{path}: cannot be read: {error}; restore the file, or remove that release"
                ) from error
            ids.update(i for c in table.columns for i in c.to_pylist() if i is not None)
    return frozenset(ids)


def _parent(folder: Path) -> str | None:
    try:
        parent = read_release_manifest(folder).get("parent")
    except ReleaseError:  # reported by the caller
        return None
    return parent if isinstance(parent, str) else None


def _read(folder: Path, manifest: dict[str, Any]) -> PreviousRelease:
    movies = pq.read_table(folder / "movies.parquet", columns=["movie_id", "cluster"])
    centroids = matrix_of(pq.read_table(folder / "centroids.parquet"))
    read = pq.read_table(folder / "micro_genres.parquet")
    micro_genres = add_later_columns(read, MICRO_GENRES).to_pylist()
    path = folder / "lineage.parquet"
    ended = LINEAGE.empty_table()
    if path.is_file():
        lineage = pq.read_table(path)
        ended = lineage.filter(pc.is_in(lineage["event"], value_set=pa.array(_ENDED)))
    films = Grouping(
        movies.column("movie_id").to_pylist(),
        movies.column("cluster").to_numpy().astype(np.int64),
        centroids,
    )
    return PreviousRelease(
        folder,
        folder.name,
        int(manifest.get("generation", 0)),
        films,
        sorted(micro_genres, key=lambda row: row["cluster"]),
        ended,
    )
