"""What lies beside the films of a release: rows that were rejected, the releases before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import MicrogenresError
from pipeline.lineage.history import growth, history
from pipeline.release.reader import ReleasedTables
from pipeline.storage.verify import MANIFEST

__all__ = ["growth_over_releases", "rejects", "report_before"]


def rejects(release: Path) -> pa.Table:
    """`tables.REJECTS` of a release."""
    return ReleasedTables(release).rejects


def report_before(release: Path) -> dict[str, Any] | None:
    """The report of the newest release that is older than this one, in the same folder.

    None where there is none; one that cannot be read counts as not there.
    """
    created = {path.parent: _created(path) for path in release.parent.glob(f"*/{MANIFEST}")}
    own = created.get(release, "")
    older = sorted((when, path) for path, when in created.items() if when and when < own)
    for _, path in reversed(older):
        try:
            return ReleasedTables(path).report
        except MicrogenresError:
            continue
    return None


def growth_over_releases(release: Path, most: int) -> tuple[list[str], list[dict[str, Any]]]:
    """How micro-genres grew over the releases of the folder, up to this one.

    Parameters
    ----------
    most : how many releases, the last of them.

    Returns
    -------
    when each was made (ISO 8601), the oldest first, and the rows of `history.growth`; nothing
    where there are fewer than two.
    """
    if release.parent.name != "releases":  # it stands alone
        return [], []
    told = history(release.parent.parent)
    made = told.column("created_at")
    own = told.filter(pc.equal(told["release_id"], release.name))
    if not own.num_rows:
        return [], []
    told = told.filter(pc.less_equal(made, own["created_at"][0]))
    releases = list(dict.fromkeys(told.column("release_id").to_pylist()))[-most:]
    if len(releases) < 2:
        return [], []
    told = told.filter(pc.is_in(told["release_id"], value_set=pa.array(releases)))
    when = dict(zip(*(told[n].to_pylist() for n in ("release_id", "created_at")), strict=True))
    return [when[name] for name in releases], growth(told)


def _created(manifest: Path) -> str:
    try:
        found = json.loads(manifest.read_bytes()).get("created_at")
    except (OSError, ValueError, AttributeError):
        return ""  # no release that can be compared with
    return found if isinstance(found, str) else ""
