"""Models are logged as runs of MLflow; without MLflow the error names the extra."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.observability.mlflow import DATABASE, TrackedModel, flatten, track


def logged(place: Path, name: str) -> TrackedModel:
    manifest = place / "manifest.json"
    manifest.write_text("{}")
    steps = {1: {"epoch.loss": 0.5}, 2: {"epoch.loss": 0.25}}
    return TrackedModel(name, {"model": "als"}, {"seed": 7}, {"ndcg": 0.2}, manifest, steps)


def test_nested_figures_are_flattened() -> None:
    nested = {
        "ndcg": 0.2,
        "users": 7,
        "by": {"up to 50": {"hit": 0.5}},
        "name": "als",
        "none": None,
    }
    assert flatten(nested, "test.") == {
        "test.ndcg": 0.2,
        "test.users": 7.0,
        "test.by.up_to_50.hit": 0.5,
    }


def test_without_mlflow_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    with pytest.raises(ModelError, match=r"micro-genre-miner\[tracking\]"):
        track(tmp_path, "recommenders", [logged(tmp_path, "a")])


def test_each_model_is_logged_once(tmp_path: Path) -> None:
    tracking = pytest.importorskip("mlflow.tracking", reason="MLflow has its own environment")
    first = logged(tmp_path, "a")
    assert track(tmp_path, "recommenders", [first]) == 1
    assert track(tmp_path, "recommenders", [first, logged(tmp_path, "b")]) == 1
    client = tracking.MlflowClient(tracking_uri=f"sqlite:///{(tmp_path / DATABASE).absolute()}")
    experiment = client.get_experiment_by_name("recommenders")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"a", "b"}
    assert runs["a"].data.metrics == {"ndcg": 0.2, "epoch.loss": 0.25}
    assert runs["a"].data.params == {"seed": "7"} and runs["a"].info.status == "FINISHED"
