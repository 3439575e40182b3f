"""The releases of a folder: how micro-genres grow, and how to go back to an earlier release."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ReleaseError
from pipeline.schemas.lineage import HISTORY
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import MANIFEST, read_release_manifest, verify_release

__all__ = ["read_history", "roll_back", "summarise_growth"]

logger = logging.getLogger(__name__)


def read_history(root: Path) -> pa.Table:
    """Read the size of each micro-genre in each release of an output folder.

    A release that cannot be read is skipped with a warning.

    Parameters
    ----------
    root : Path
        The output folder.

    Returns
    -------
    pa.Table
        HISTORY, oldest release first, by micro-genre id within each release.
    """
    parts = [HISTORY.empty_table()]
    for manifest, folder in _releases(root):
        path = folder / "micro_genres.parquet"
        columns = ["micro_genre_id", "micro_genre_name", "films", "weak_films"]
        try:
            genres = pq.read_table(path, columns=columns).sort_by("micro_genre_id").to_pylist()
        except (OSError, pa.ArrowException) as error:
            logger.warning("release %s is skipped: %s", folder.name, error)
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


def summarise_growth(history: pa.Table) -> list[dict[str, Any]]:
    """Summarise each micro-genre over all releases, largest growth first.

    Parameters
    ----------
    history : pa.Table
        HISTORY.

    Returns
    -------
    list of dict
        For each micro-genre: `micro_genre_id`; `micro_genre_name`, its latest name; `films`, the
        number in each release in their order, None in a release without it; `first` and `last`,
        the number in the first and the last release, 0 without it; `change`, last - first.

    Examples
    --------
    >>> columns = {"micro_genre_id": ["spy", "spy"], "micro_genre_name": ["Spies", "Spies"]}
    >>> table = pa.table(columns | {"release_id": ["a", "b"], "films": [5, 8]})
    >>> summarise_growth(table)[0]["change"]
    3
    """
    releases = list(dict.fromkeys(history.column("release_id").to_pylist()))
    number_of = {release: number for number, release in enumerate(releases)}
    summaries: dict[str, dict[str, Any]] = {}
    for row in history.to_pylist():
        own = summaries.setdefault(row["micro_genre_id"], {"films": [None] * len(releases)})
        own["micro_genre_id"] = row["micro_genre_id"]
        own["micro_genre_name"] = row["micro_genre_name"]
        own["films"][number_of[row["release_id"]]] = row["films"]
    for own in summaries.values():
        own["first"], own["last"] = own["films"][0] or 0, own["films"][-1] or 0
        own["change"] = own["last"] - own["first"]
    return sorted(summaries.values(), key=lambda own: (-own["change"], own["micro_genre_id"]))


def roll_back(releases: ReleaseStore, release_id: str | None = None) -> tuple[str, str]:
    """Verify an earlier release and make it the latest.

    The caller holds the lock of the folder.

    Parameters
    ----------
    releases : ReleaseStore
        Releases of the folder.
    release_id : str, optional
        The release to go back to; by default the parent of the latest release.

    Returns
    -------
    before, now : str
        The id of the release that was the latest, and of the one that is now.

    Raises
    ------
    ReleaseError
        If there is no such release, or it does not verify; the latest release is then unchanged.
    """
    latest = releases.latest()
    if latest is None:
        raise ReleaseError(f"no release in {releases.root} yet: run `microgenres mine` first")
    target = release_id
    if target is None:
        parent = read_release_manifest(releases.root / "releases" / latest).get("parent")
        if not isinstance(parent, str):
            raise ReleaseError(
                f"release {latest} has no parent; name the release to go back to: "
                f"{_others(releases.root, latest)}"
            )
        target = parent
    verify_release(releases.folder(target))
    releases.point_latest(target)
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
    return ", ".join(names) or "the folder has no other release"
