"""The flows of ratings under a real Prefect server, as the commands run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from microgenres.cli.app import app
from pipeline.recommend.data.synthetic import generate
from tests.support.prefect_process import ask
from tests.support.ratings import SEED, SIZE

pytestmark = pytest.mark.timeout(300)

SETTINGS = """
[recommend]
bootstrap = 100
measured_users = 150
neighbours = 60
[upkeep]
min_rows = 10
[dask]
workers = 1
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of MovieLens, made, and settings for it."""
    folder = tmp_path_factory.mktemp("ratings")
    generate(folder / "movielens", SIZE, seed=SEED)
    (folder / "small.toml").write_text(SETTINGS)
    return folder


def ratings(place: Path, *words: object) -> Any:
    """The answer of `microgenres ratings ...` into the folder `out` of `place`."""
    told = [*map(str, words), "--out", str(place / "out")]
    result = CliRunner().invoke(app, ["ratings", *told, "--settings", str(place / "small.toml")])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_recommender_lives_in_flows(server: str, place: Path) -> None:
    trained = ratings(place, "train", place / "movielens", "--model", "bias")
    assert trained["status"] == "champion" and 0.5 < trained["figures"]["rmse"] < 1.2
    batches = ratings(place, "ingest", "--weeks", 3)
    assert len(batches) == 3 and all(batch["new"] for batch in batches)
    incoming = place / "incoming"
    incoming.mkdir()
    for path in (place / "out" / "ratings" / "batches").glob("*.parquet"):
        (incoming / path.name).write_bytes(path.read_bytes())
    (incoming / "README").write_text("no ratings")
    again = ratings(place, "ingest", incoming)
    assert len(again) == 3 and not any(batch["new"] for batch in again)
    judged = ratings(place, "monitor")
    assert 1 <= sum(len(pool["weeks"]) for pool in judged) <= 3, "few ratings wait for more"
    learnt = ratings(place, "retrain", "--force")
    assert learnt["due"] and learnt["version"] != trained["version"]
    wanted = {"flow_runs": {"tags": {"all_": []}}, "sort": "START_TIME_ASC", "limit": 200}
    names = {"ratings", "batches", "drift", "learn"}
    runs = [
        run
        for run in ask(f"{server}/flow_runs/filter", wanted)
        if run["name"].split(" ")[0] in names and run["name"].endswith(str(place / "out"))
    ]
    assert len(runs) == 5
    assert {run["state_type"] for run in runs} == {"COMPLETED"}


def test_recommenders_are_compared_on_the_cluster(server: str, place: Path) -> None:
    words = ["evaluate", place / "movielens", "--model", "item-knn", "--model", "bias"]
    told = ratings(place, *words)
    assert list(told["models"]) == ["item-knn", "bias"]
    assert all(0 < one["ndcg"] < 1 for one in told["models"].values())
    low, high = told["item-knn_ahead"]["bias"]["interval"]
    assert low <= told["item-knn_ahead"]["bias"]["ndcg"] <= high
    assert json.loads((place / "out" / "ratings" / "evaluation.json").read_text()) == told
    pieces = place / "out" / "work" / "compare-recommenders"
    before = {path: path.stat().st_mtime_ns for path in pieces.rglob("*.parquet")}
    assert len(before) == 2, "a piece for each"
    assert ratings(place, *words) == told
    assert {p: p.stat().st_mtime_ns for p in pieces.rglob("*.parquet")} == before


def test_an_unknown_recommender_and_a_missing_folder_are_told(server: str, place: Path) -> None:
    for words, said in (
        (["evaluate", place / "movielens", "--model", "oracle"], "recommender 'oracle' is unknown"),
        (["ingest", place / "nowhere"], "no such file or folder of ratings"),
    ):
        told = [*map(str, words), "--out", str(place / "out")]
        result = CliRunner().invoke(app, ["ratings", *told])
        assert result.exit_code in (2, 3, 4)
        assert said in result.stderr and "Traceback" not in result.stderr
