"""Trained models as runs in MLflow, kept in SQLite and a folder; needs the extra `tracking`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.genres.kept import MANIFEST, read_manifest
from pipeline.genres.registry import read_registry

__all__ = ["track"]

EXPERIMENT = "genres"
_DATABASE, _ARTIFACTS = "mlflow.db", "mlruns"


def track(folder: Path) -> int:
    """Log every registered model of `DIR/genres` that is not logged yet; returns how many were.

    A run has the model's settings, the figures on held-out and on validation films, its manifest,
    and of a transformer the loss and the validation F1 of each epoch.

    Raises
    ------
    ModelError
        when nothing was trained, or MLflow is not installed.
    """
    registry = read_registry(folder)
    client = _client(folder)
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is None:
        place = (folder / _ARTIFACTS).absolute().as_uri()
        experiment = client.create_experiment(EXPERIMENT, artifact_location=place)
    else:
        experiment = known.experiment_id
    there = {run.info.run_name for run in client.search_runs([experiment], max_results=10_000)}
    fresh = [row for row in registry["models"] if row["folder"] not in there]
    for row in fresh:
        _log(client, experiment, folder, row)
    return len(fresh)


def _client(folder: Path) -> Any:
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise ModelError(
            f"MLflow is not installed ({error}): pip install 'micro-genre-miner[tracking]'"
        ) from error
    return MlflowClient(tracking_uri=f"sqlite:///{(folder / _DATABASE).absolute()}")


def _log(client: Any, experiment: str, folder: Path, row: Mapping[str, Any]) -> None:
    kept = folder / "models" / row["folder"]
    manifest = read_manifest(kept)
    run = client.create_run(experiment, run_name=row["folder"])
    tags = {name: row[name] for name in ("name", "family", "inputs", "data")}
    for name, value in (tags | {"fold": row["fold"]}).items():
        client.set_tag(run.info.run_id, name, str(value))
    for name, value in manifest["settings"].items():
        client.log_param(run.info.run_id, name, str(value)[:250])
    for side in ("metrics", "validation"):
        prefix = "test" if side == "metrics" else side
        for name, figure in _flat(row[side]).items():
            client.log_metric(run.info.run_id, f"{prefix}.{name}", figure)
    client.log_metric(run.info.run_id, "seconds", row["seconds"])
    for epoch in manifest["about"]["fit"].get("epochs", []):
        for name in ("loss", "validation_f1"):
            step = int(epoch["epoch"])
            client.log_metric(run.info.run_id, f"epoch.{name}", epoch[name], step=step)
    client.log_artifact(run.info.run_id, str(kept / MANIFEST))
    client.set_terminated(run.info.run_id)


def _flat(figures: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": float(inner) for key, inner in value.items()}
        elif value is not None:
            found[name] = float(value)
    return found
