"""A release as an earlier version wrote it: without the columns that came later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.schemas.mining import MICRO_GENRES

__all__ = ["LATER", "drop_later_columns"]

LATER: Mapping[str, Sequence[str]] = {
    "movies": ["name_true"],
    "micro_genres": MICRO_GENRES.names[MICRO_GENRES.get_field_index("alternatives") :],
    "families": ["description", "name_truth"],
}


def drop_later_columns(folder: Path) -> None:
    """Write the tables of a committed release again without LATER, and correct its manifest."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    for name, columns in LATER.items():
        table = folder / f"{name}.parquet"
        kept = pq.ParquetFile(table).read().drop_columns(list(columns))
        table.chmod(0o644)
        pq.write_table(kept, table)
        content = table.read_bytes()
        manifest["files"][table.name] |= {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        manifest.get("schema", {}).pop(name, None)
    path.chmod(0o644)
    path.write_text(json.dumps(manifest), encoding="utf-8")
