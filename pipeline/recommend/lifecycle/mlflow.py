"""Versions of the recommender as runs in MLflow."""

from __future__ import annotations

from pathlib import Path

from pipeline.observability import mlflow as tracking
from pipeline.recommend.documents import VersionRow
from pipeline.recommend.lifecycle.champion import version_folder
from pipeline.recommend.lifecycle.database import UpkeepDatabase
from pipeline.recommend.models.registry import MANIFEST, read_manifest

__all__ = ["track"]


def track(folder: Path, database: UpkeepDatabase) -> int:
    """Log every version of `DIR/ratings` that is not logged yet, and return their number.

    A run has the settings of the version, what it is trained on, its figures on later ratings, and
    its manifest. Later decisions about the version are only in the database.

    Raises
    ------
    ModelError
        If MLflow is not installed.
    """
    runs = (_describe(folder, row) for row in database.versions())
    return tracking.track(folder, "recommenders", runs)


def _describe(folder: Path, row: VersionRow) -> tracking.TrackedModel:
    place = version_folder(folder, row["version"])
    manifest = read_manifest(place)
    about = manifest.about
    settings = manifest.settings.model_dump(mode="json")
    return tracking.TrackedModel(
        name=row["version"],
        tags={"model": row["model"], "data": about.data, "release": manifest.release_id},
        params={**settings, "seed": about.seed, "ratings": about.ratings},
        metrics=tracking.flatten(row["figures"]),
        artifact=place / MANIFEST,
    )
