"""A release as an earlier version wrote it: without the columns that came later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.schemas.mining import MICRO_GENRES

__all__ = ["LATER", "drop_later_columns", "replace_table"]

LATER: Mapping[str, Sequence[str]] = {
    "movies": ["name_true"],
    "micro_genres": MICRO_GENRES.names[MICRO_GENRES.get_field_index("alternatives") :],
    "families": ["description", "name_truth"],
}


def drop_later_columns(folder: Path) -> None:
    """Write the tables of a committed release again without LATER, and correct its manifest."""
    for name, columns in LATER.items():
        table = pq.ParquetFile(folder / f"{name}.parquet").read().drop_columns(list(columns))
        replace_table(folder, name, table)


def replace_table(folder: Path, name: str, table: pa.Table) -> None:
    """Write a table of a committed release again, and correct its manifest."""
    path, manifest_path = folder / f"{name}.parquet", folder / "manifest.json"
    path.chmod(0o644)
    pq.write_table(table, path)
    content = path.read_bytes()
    manifest = json.loads(manifest_path.read_text("utf-8"))
    manifest["files"][path.name] |= {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    manifest.get("schema", {}).pop(name, None)
    manifest_path.chmod(0o644)
    manifest_path.write_text(json.dumps(manifest), encoding="utf-8")
