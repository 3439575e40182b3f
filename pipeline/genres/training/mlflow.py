"""Trained models of genres as `tracking` logs them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.genres.training.persistence import MANIFEST, read_manifest
from pipeline.genres.training.registry import read_registry
from pipeline.observability import mlflow as tracking

__all__ = ["track"]


def track(folder: Path) -> int:
    """Log every registered model of `DIR/genres` that is not logged yet; returns how many were.

    A run has the model's settings, the figures on held-out and on validation films, its manifest,
    and of a transformer the loss and the validation F1 of each epoch.

    Raises
    ------
    ModelError
        when nothing was trained, or MLflow is not installed.
    """
    models = read_registry(folder)["models"]
    return tracking.track(folder, "genres", (_logged(folder, row) for row in models))


def _logged(folder: Path, row: Mapping[str, Any]) -> tracking.Logged:
    kept = folder / "models" / row["folder"]
    manifest = read_manifest(kept)
    named = ("name", "family", "inputs", "data", "fold")
    return tracking.Logged(
        name=row["folder"],
        tags={name: row[name] for name in named},
        params=manifest["settings"],
        metrics={
            **tracking.flat(row["metrics"], "test."),
            **tracking.flat(row["validation"], "validation."),
            "seconds": float(row["seconds"]),
        },
        artifact=kept / MANIFEST,
        steps={
            int(epoch["epoch"]): {
                f"epoch.{name}": float(epoch[name]) for name in ("loss", "validation_f1")
            }
            for epoch in manifest["about"]["fit"].get("epochs", [])
        },
    )
