"""Versions of the recommender as `tracking` logs them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.observability import mlflow as tracking
from pipeline.recommend.lifecycle.champion import version_folder
from pipeline.recommend.lifecycle.database import Record
from pipeline.recommend.models.registry import MANIFEST, read_manifest

__all__ = ["track"]


def track(folder: Path, record: Record) -> int:
    """Log every version of `DIR/ratings` that is not logged yet; returns how many were.

    A run has the version's settings, what it learnt from, its figures on later ratings, and its
    manifest. What became of the version afterwards is in the record alone.

    Raises
    ------
    ModelError
        when MLflow is not installed.
    """
    versions = record.rows("versions")
    return tracking.track(folder, "recommenders", (_logged(folder, row) for row in versions))


def _logged(folder: Path, row: Mapping[str, Any]) -> tracking.Logged:
    kept = version_folder(folder, row["version"])
    manifest = read_manifest(kept)
    about = manifest["about"]
    return tracking.Logged(
        name=row["version"],
        tags={"model": row["model"], "data": about["data"], "release": manifest["release_id"]},
        params={**manifest["settings"], "seed": about["seed"], "ratings": about["ratings"]},
        metrics=tracking.flat(row["figures"]),
        artifact=kept / MANIFEST,
    )
