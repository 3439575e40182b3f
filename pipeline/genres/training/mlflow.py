"""Log trained genre models to MLflow, through `observability.mlflow`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from pipeline.genres.training.documents import RegisteredModel
from pipeline.genres.training.persistence import MANIFEST, read_manifest
from pipeline.genres.training.registry import read_registry
from pipeline.observability import mlflow as tracking

__all__ = ["track"]


def track(folder: Path) -> int:
    """Log every registered model of `DIR/genres` that is not logged yet.

    A run has the settings of the model, its figures on held-out and validation films, its manifest
    and, for a transformer, the loss and the validation F1 of each epoch.

    Parameters
    ----------
    folder : Path
        `DIR/genres`.

    Returns
    -------
    int
        Number of models logged.

    Raises
    ------
    ModelError
        If no model was trained, or MLflow is not installed.
    """
    models = read_registry(folder).models
    return tracking.track(folder, "genres", (_logged(folder, row) for row in models))


def _logged(folder: Path, row: RegisteredModel) -> tracking.TrackedModel:
    model = folder / "models" / row.folder
    manifest = read_manifest(model)
    epochs = cast(list[dict[str, Any]], manifest.about.fit.get("epochs", []))
    return tracking.TrackedModel(
        name=row.folder,
        tags={
            "name": row.name,
            "family": row.family,
            "inputs": row.inputs,
            "data": row.data,
            "fold": row.fold,
        },
        params=manifest.settings,
        metrics={
            **tracking.flatten(row.metrics, "test."),
            **tracking.flatten(row.validation, "validation."),
            "seconds": row.seconds,
        },
        artifact=model / MANIFEST,
        steps={
            int(epoch["epoch"]): {
                f"epoch.{name}": float(epoch[name]) for name in ("loss", "validation_f1")
            }
            for epoch in epochs
        },
    )
