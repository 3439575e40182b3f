"""How micro-genres grow from release to release, and the way back to an earlier one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ReleaseError
from pipeline.schemas.lineage import HISTORY
from pipeline.storage.verify import MANIFEST, read_release_manifest, verify_release
from pipeline.storage.work_store import Store

__all__ = ["growth", "history", "roll_back"]

logger = logging.getLogger(__name__)


def history(root: Path) -> pa.Table:
    """HISTORY of an output folder, the oldest release first, by micro-genre id within each.

    A release that cannot be read is left out with a warning.
    """
    parts = [HISTORY.empty_table()]
    for manifest, folder in _releases(root):
        path = folder / "micro_genres.parquet"
        columns = ["micro_genre_id", "micro_genre_name", "films", "weak_films"]
        try:
            genres = pq.read_table(path, columns=columns).sort_by("micro_genre_id").to_pylist()
        except (OSError, pa.ArrowException) as error:
            logger.warning("release %s is left out: %s", folder.name, error)
            continue
        films = sum(row["films"] for row in genres)
        about = {
            "generation": int(manifest.get("generation", 0)),
            "release_id": folder.name,
            "created_at": str(manifest.get("created_at", "")),
            "kind": str(manifest.get("kind", "mined")),
        }
        rows = [about | row | {"share": row["films"] / max(1, films)} for row in genres]
        parts.append(pa.Table.from_pylist(rows, HISTORY))
    return pa.concat_tables(parts).combine_chunks()


def growth(told: pa.Table) -> list[dict[str, Any]]:
    """Each micro-genre over all releases of HISTORY, most grown first.

    Returns
    -------
    for each: `micro_genre_id`, `micro_genre_name` (the last it had), `first` and `last` (films in
    the first and the last release), `change` (last - first), `films` (in each release, None where
    it was not there), in the order of the releases.
    """
    releases = list(dict.fromkeys(told.column("release_id").to_pylist()))
    place = {release: number for number, release in enumerate(releases)}
    found: dict[str, dict[str, Any]] = {}
    for row in told.to_pylist():
        own = found.setdefault(row["micro_genre_id"], {"films": [None] * len(releases)})
        own["micro_genre_id"] = row["micro_genre_id"]
        own["micro_genre_name"] = row["micro_genre_name"]
        own["films"][place[row["release_id"]]] = row["films"]
    for own in found.values():
        own["first"], own["last"] = own["films"][0] or 0, own["films"][-1] or 0
        own["change"] = own["last"] - own["first"]
    return sorted(found.values(), key=lambda own: (-own["change"], own["micro_genre_id"]))


def roll_back(store: Store, release_id: str | None = None) -> tuple[str, str]:
    """Verify an earlier release and make it the latest; the caller holds the folder's lock.

    Parameters
    ----------
    release_id : which; None for the one that the latest release followed.

    Returns
    -------
    the id that was the latest, and the one that is now.

    Raises
    ------
    ReleaseError
        when there is no such release, or it does not verify; then nothing is moved.
    """
    latest = store.latest()
    if latest is None:
        raise ReleaseError(f"no release in {store.root} yet: run `microgenres mine` first")
    target = release_id
    if target is None:
        parent = read_release_manifest(store.root / "releases" / latest).get("parent")
        if not isinstance(parent, str):
            raise ReleaseError(
                f"release {latest} follows no other; name the one that you want: "
                f"{_others(store.root, latest)}"
            )
        target = parent
    verify_release(store.release(target))
    store.point_latest(target)
    return latest, target


def _releases(root: Path) -> list[tuple[dict[str, Any], Path]]:
    found = []
    for path in (root / "releases").glob(f"[!.]*/{MANIFEST}"):
        try:
            found.append((read_release_manifest(path.parent), path.parent))
        except ReleaseError as error:
            logger.warning("%s", error)
    return sorted(
        found,
        key=lambda pair: (
            str(pair[0].get("created_at", "")),
            int(pair[0].get("generation", 0)),
            pair[1].name,
        ),
    )


def _others(root: Path, latest: str) -> str:
    names = [folder.name for _, folder in _releases(root) if folder.name != latest]
    return ", ".join(names) or "there is no other"
