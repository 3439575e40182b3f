"""What is beside the films of a release: its rejected rows, and earlier releases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import MicrogenresError
from pipeline.lineage.history import read_history, summarise_growth
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import LINEAGE
from pipeline.schemas.report import Report
from pipeline.storage.verify import MANIFEST

__all__ = ["growth_over_releases", "read_name_changes", "read_previous_report", "read_rejects"]


def read_rejects(release: Path) -> pa.Table:
    """Return the rejected rows of a release, a table of the schema `REJECTS`."""
    return ReleasedTables(release).rejects


def read_previous_report(release: Path) -> Report | None:
    """Return the report of the newest release in the same folder that is older than this one.

    Releases that cannot be read are skipped. None if there is no older release.
    """
    created_at = {path.parent: _created_at(path) for path in release.parent.glob(f"*/{MANIFEST}")}
    own = created_at.get(release, "")
    older = sorted((when, path) for path, when in created_at.items() if when and when < own)
    for _, path in reversed(older):
        try:
            return ReleasedTables(path).report
        except MicrogenresError:
            continue
    return None


def read_name_changes(release: Path) -> list[tuple[str, str, str]]:
    """Return the micro-genres that have another name than in the release before.

    Returns
    -------
    list of (str, str, str)
        micro_genre_id, earlier name and name, by name; empty for a release without lineage.
    """
    tables = ReleasedTables(release)
    if "lineage.parquet" not in tables.manifest.files:
        return []
    lineage = tables.table("lineage", LINEAGE)
    renamed = lineage.filter(
        pc.and_(
            pc.equal(lineage["event"], "renamed"),
            pc.equal(lineage["generation"], tables.manifest.generation),
        )
    )
    names = ("micro_genre_id", "previous_name", "micro_genre_name")
    rows = zip(*(renamed[name].to_pylist() for name in names), strict=True)
    return sorted(rows, key=lambda row: (row[2], row[0]))


def growth_over_releases(release: Path, most: int) -> tuple[list[str], list[dict[str, Any]]]:
    """Return how micro-genres grew over the releases of the folder, up to this one.

    Parameters
    ----------
    release : Path
        The folder of a release.
    most : int
        Number of releases to compare, the newest ones.

    Returns
    -------
    created_at : list of str
        When each release was created (ISO 8601), oldest first; empty if there are fewer than two.
    rows : list of dict
        Rows of `history.summarise_growth`.
    """
    if release.parent.name != "releases":  # a single release outside an output folder
        return [], []
    history = read_history(release.parent.parent)
    own = history.filter(pc.equal(history["release_id"], release.name))
    if not own.num_rows:
        return [], []
    history = history.filter(pc.less_equal(history["created_at"], own["created_at"][0]))
    releases = list(dict.fromkeys(history.column("release_id").to_pylist()))[-most:]
    if len(releases) < 2:
        return [], []
    history = history.filter(pc.is_in(history["release_id"], value_set=pa.array(releases)))
    columns = (history[name].to_pylist() for name in ("release_id", "created_at"))
    created_at = dict(zip(*columns, strict=True))
    return [created_at[name] for name in releases], summarise_growth(history)


def _created_at(manifest: Path) -> str:
    try:
        found = json.loads(manifest.read_bytes()).get("created_at")
    except (OSError, ValueError, AttributeError):
        return ""  # cannot be compared
    return found if isinstance(found, str) else ""
