"""Log models as runs of MLflow, in SQLite and a folder. Needs the extra `tracking`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError

__all__ = ["DATABASE", "TrackedModel", "flatten", "track"]

DATABASE = "mlflow.db"
_ARTIFACTS = "mlruns"
_MAX_CHARS = 250  # of a parameter; MLflow's limit


@dataclass(frozen=True)
class TrackedModel:
    """One model, to log as one run.

    Attributes
    ----------
    name : str
        Unique in the experiment.
    tags : Mapping
        Tags of the run, such as the kind of the model.
    params : Mapping
        Parameters of the training.
    metrics : Mapping of str to float
        Final metrics; see `flatten`.
    artifact : Path
        A file to store with the run.
    steps : Mapping of int to Mapping
        Metrics by the epoch after which they were measured.
    """

    name: str
    tags: Mapping[str, Any]
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    artifact: Path
    steps: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


def track(folder: Path, experiment: str, models: Iterable[TrackedModel]) -> int:
    """Log the models that are not logged yet.

    Parameters
    ----------
    folder : Path
        Where the database and the artifacts are.
    experiment : str
        Name of the experiment.
    models : iterable of TrackedModel
        The models.

    Returns
    -------
    int
        How many models were logged now.

    Raises
    ------
    ModelError
        If MLflow is not installed.
    """
    client = _client(folder)
    known = client.get_experiment_by_name(experiment)
    if known is None:
        location = (folder / _ARTIFACTS).absolute().as_uri()
        number = client.create_experiment(experiment, artifact_location=location)
    else:
        number = known.experiment_id
    logged = {run.info.run_name for run in client.search_runs([number], max_results=10_000)}
    new = [model for model in models if model.name not in logged]
    for model in new:
        _log(client, number, model)
    return len(new)


def flatten(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Flatten nested figures to one level with dotted names; drop values that are not numbers.

    Examples
    --------
    >>> flatten({"test": {"ndcg": 0.25, "model": "als"}})
    {'test.ndcg': 0.25}
    """
    flattened: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            flattened |= flatten(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            flattened[f"{prefix}{name}".replace(" ", "_")] = float(value)
    return flattened


def _client(folder: Path) -> Any:
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise ModelError(
            f"MLflow is not installed ({error}): pip install 'micro-genre-miner[tracking]'"
        ) from error
    return MlflowClient(tracking_uri=f"sqlite:///{(folder / DATABASE).absolute()}")


def _log(client: Any, experiment: str, model: TrackedModel) -> None:
    run = client.create_run(experiment, run_name=model.name).info.run_id
    for name, value in model.tags.items():
        client.set_tag(run, name, str(value))
    for name, value in model.params.items():
        client.log_param(run, name, str(value)[:_MAX_CHARS])
    for name, figure in model.metrics.items():
        client.log_metric(run, name, figure)
    for step, figures in model.steps.items():
        for name, figure in figures.items():
            client.log_metric(run, name, figure, step=step)
    client.log_artifact(run, str(model.artifact))
    client.set_terminated(run)
