"""What lies beside the films of a release: the rows that were rejected, the release before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import MicrogenresError
from pipeline.released import ReleasedTables
from pipeline.verify import MANIFEST

__all__ = ["rejects", "report_before"]


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


def _created(manifest: Path) -> str:
    try:
        found = json.loads(manifest.read_bytes()).get("created_at")
    except (OSError, ValueError, AttributeError):
        return ""  # no release that can be compared with
    return found if isinstance(found, str) else ""
