"""The release before: what a new one needs to know of it, so that ids and names can go on."""

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
from pipeline.schemas.vectors import matrix_of
from pipeline.storage.release_store import Releases
from pipeline.storage.verify import MANIFEST, read_release_manifest, verify_release

__all__ = ["Predecessor", "mined_before", "predecessor"]

logger = logging.getLogger(__name__)

_ENDED = ("merged", "gone")


@dataclass(frozen=True)
class Predecessor:
    """A release that another one follows.

    Attributes
    ----------
    generation : how many releases came before it, one after the other.
    labels : by cluster, rows of `tables.MICRO_GENRES`.
    ended : rows of LINEAGE of what ended with it or before it.
    """

    path: Path
    release_id: str
    generation: int
    films: Grouping
    labels: list[dict[str, Any]]
    ended: pa.Table

    @property
    def told(self) -> list[tuple[str, str]]:
        """(id, name) by cluster."""
        return [(row["micro_genre_id"], row["micro_genre_name"]) for row in self.labels]


def predecessor(releases: Releases) -> tuple[Predecessor | None, frozenset[str]]:
    """The latest release, or the nearest of its parents that verifies; None where there is none.

    Beside it every micro-genre id that a release of the folder has, or says that one before it had;
    releases that were passed over for their damage do not count, for they are made again.
    """
    try:
        name = releases.latest()
    except ReleaseError as error:
        logger.warning("ids and names begin anew: %s", error)
        name = None
    damaged: set[str] = set()
    found = None
    while name is not None and found is None:
        folder = releases.root / "releases" / name
        try:
            found = _read(folder, verify_release(folder))
        except (StoreError, OSError, pa.ArrowException, KeyError) as error:
            logger.warning("release %s cannot be gone on from: %s", name, error)
            damaged.add(name)
            name = _parent(folder)
            name = None if name in damaged else name
    return found, _ids_ever(releases, damaged)


def mined_before(releases: Releases, content: str) -> Path | None:
    """The release that was mined from that very content, whether it verifies or not."""
    for path in sorted((releases.root / "releases").glob(f"[!.]*/{MANIFEST}")):
        try:
            if read_release_manifest(path.parent).get("content") == content:
                return path.parent
        except ReleaseError as error:
            logger.warning("%s", error)
    return None


def _ids_ever(releases: Releases, damaged: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    for folder in sorted((releases.root / "releases").glob("[!.]*")):
        for name, columns in (
            ("micro_genres", ["micro_genre_id"]),
            ("lineage", ["previous_id", "micro_genre_id"]),
        ):
            path = folder / f"{name}.parquet"
            if folder.name in damaged or not path.is_file():  # or of an older version
                continue
            try:
                table = pq.read_table(path, columns=columns)
            except (OSError, pa.ArrowException) as error:
                raise CorruptFileError(
                    f"{path}: cannot be read: {error}; restore it, or remove that release"
                ) from error
            found.update(i for c in table.columns for i in c.to_pylist() if i is not None)
    return frozenset(found)


def _parent(folder: Path) -> str | None:
    try:
        parent = read_release_manifest(folder).get("parent")
    except ReleaseError:  # said already
        return None
    return parent if isinstance(parent, str) else None


def _read(folder: Path, manifest: dict[str, Any]) -> Predecessor:
    movies = pq.read_table(folder / "movies.parquet", columns=["movie_id", "cluster"])
    centroids = matrix_of(pq.read_table(folder / "centroids.parquet"))
    labels = pq.read_table(folder / "micro_genres.parquet").to_pylist()
    path = folder / "lineage.parquet"
    ended = LINEAGE.empty_table()
    if path.is_file():
        told = pq.read_table(path)
        ended = told.filter(pc.is_in(told["event"], value_set=pa.array(_ENDED)))
    films = Grouping(
        movies.column("movie_id").to_pylist(),
        movies.column("cluster").to_numpy().astype(np.int64),
        centroids,
    )
    return Predecessor(
        folder,
        folder.name,
        int(manifest.get("generation", 0)),
        films,
        sorted(labels, key=lambda row: row["cluster"]),
        ended,
    )
