"""Models as runs in MLflow, kept in SQLite and a folder; needs the extra `tracking`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError

__all__ = ["DATABASE", "Logged", "flat", "track"]

DATABASE = "mlflow.db"
_ARTIFACTS = "mlruns"
_LONGEST = 250  # characters of a parameter, MLflow's bound


@dataclass(frozen=True)
class Logged:
    """What a run holds of a model.

    Attributes
    ----------
    name : unique within the experiment. tags, params : by name. metrics : as `flat` makes them.
    steps : metrics by the epoch that they were measured after. artifact : a file.
    """

    name: str
    tags: Mapping[str, Any]
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    artifact: Path
    steps: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


def track(folder: Path, experiment: str, models: Iterable[Logged]) -> int:
    """Log the models that are not logged yet into `folder`; returns how many were.

    Raises
    ------
    ModelError
        when MLflow is not installed.
    """
    client = _client(folder)
    known = client.get_experiment_by_name(experiment)
    if known is None:
        place = (folder / _ARTIFACTS).absolute().as_uri()
        number = client.create_experiment(experiment, artifact_location=place)
    else:
        number = known.experiment_id
    there = {run.info.run_name for run in client.search_runs([number], max_results=10_000)}
    fresh = [model for model in models if model.name not in there]
    for model in fresh:
        _log(client, number, model)
    return len(fresh)


def flat(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Figures within figures as one level, `outer.inner`; what is no number is left out."""
    found: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            found[f"{prefix}{name}".replace(" ", "_")] = float(value)
    return found


def _client(folder: Path) -> Any:
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise ModelError(
            f"MLflow is not installed ({error}): pip install 'micro-genre-miner[tracking]'"
        ) from error
    return MlflowClient(tracking_uri=f"sqlite:///{(folder / DATABASE).absolute()}")


def _log(client: Any, experiment: str, model: Logged) -> None:
    run = client.create_run(experiment, run_name=model.name).info.run_id
    for name, value in model.tags.items():
        client.set_tag(run, name, str(value))
    for name, value in model.params.items():
        client.log_param(run, name, str(value)[:_LONGEST])
    for name, figure in model.metrics.items():
        client.log_metric(run, name, figure)
    for step, figures in model.steps.items():
        for name, figure in figures.items():
            client.log_metric(run, name, figure, step=step)
    client.log_artifact(run, str(model.artifact))
    client.set_terminated(run)
