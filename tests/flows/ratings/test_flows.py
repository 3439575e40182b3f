"""The flows of ratings on a real Prefect server, run by the commands."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from microgenres.cli.app import app
from microgenres.cli.exit_codes import ExitCode
from pipeline.recommend.data.synthetic import generate
from tests.support.cases import case
from tests.support.prefect_process import ask
from tests.support.ratings import SEED, SIZE
from tests.support.tiny_release import build_release

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
    """A folder with synthetic ratings in the layout of MovieLens, and settings for it."""
    folder = tmp_path_factory.mktemp("ratings")
    generate(folder / "movielens", SIZE, seed=SEED)
    (folder / "small.toml").write_text(SETTINGS)
    return folder


def ratings(place: Path, *words: object) -> Any:
    """Run `microgenres ratings ...` with the folder `out` of `place`, and return its JSON."""
    arguments = [*map(str, words), "--json", "--out", str(place / "out")]
    arguments += ["--settings", str(place / "small.toml")]
    result = CliRunner().invoke(app, ["ratings", *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_flows_train_ingest_monitor_and_retrain(server: str, place: Path) -> None:
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
    checks = ratings(place, "monitor")
    assert 1 <= sum(len(check["weeks"]) for check in checks) <= 3, "small batches wait for more"
    retrained = ratings(place, "retrain", "--force")
    assert retrained["due"] and retrained["version"] != trained["version"]
    query = {"flow_runs": {"tags": {"all_": []}}, "sort": "START_TIME_ASC", "limit": 200}
    names = {"ratings", "batches", "drift", "retrain"}
    runs = [
        run
        for run in ask(f"{server}/flow_runs/filter", query)
        if run["name"].split(" ")[0] in names and run["name"].endswith(str(place / "out"))
    ]
    assert len(runs) == 5
    assert {run["state_type"] for run in runs} == {"COMPLETED"}


def test_a_zip_archive_without_links_is_trained_with_a_warning(server: str, place: Path) -> None:
    archive = shutil.make_archive(str(place / "ml"), "zip", case("30-reasons-without-texts"), "ml")
    out = place / "warned"
    words = ["train", archive, "--release", str(build_release(place / "films")), "--out", str(out)]
    words += ["--model", "item-knn", "--settings", str(place / "small.toml"), "--json"]
    result = CliRunner().invoke(app, ["ratings", *words])
    assert result.exit_code == 0, result.output
    trained = json.loads(result.stdout)
    assert trained["films_linked"] == 0 and "no links.csv" in trained["warnings"][0]
    assert "warning: none of the 48 films is linked" in " ".join(result.stderr.split())
    explored = json.loads((out / "ratings" / "explored.json").read_text())
    assert explored["warnings"] == trained["warnings"]
    batch = place / "week.csv.gz"
    batch.write_bytes(gzip.compress(b"user,item,score,time\n1,1,10,2020-02-03 10:00:00\n"))
    result = CliRunner().invoke(app, ["ratings", "ingest", str(batch), "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    assert [one["week"] for one in json.loads(result.stdout)] == ["2020-02-03"]


def test_recommenders_are_compared_on_the_cluster(server: str, place: Path) -> None:
    words = ["evaluate", place / "movielens", "--model", "item-knn", "--model", "bias"]
    report = ratings(place, *words)
    assert list(report["models"]) == ["item-knn", "bias"] and report["warnings"] == []
    assert all(0 < one["ndcg"] < 1 for one in report["models"].values())
    low, high = report["item-knn_ahead"]["bias"]["interval"]
    assert low <= report["item-knn_ahead"]["bias"]["ndcg"] <= high
    assert json.loads((place / "out" / "ratings" / "evaluation.json").read_text()) == report
    pieces = place / "out" / "work" / "compare-recommenders"
    before = {path: path.stat().st_mtime_ns for path in pieces.rglob("*.parquet")}
    assert len(before) == 2, "one piece per model"
    assert ratings(place, *words) == report
    assert {p: p.stat().st_mtime_ns for p in pieces.rglob("*.parquet")} == before


@pytest.mark.parametrize(
    ("command", "argument", "options", "code", "message"),
    [
        (
            "evaluate",
            "movielens",
            ["--model", "oracle"],
            ExitCode.USAGE,
            "recommender 'oracle' is unknown",
        ),
        ("ingest", "nowhere", [], ExitCode.SOURCE, "no such file or folder of ratings"),
        ("train", "nowhere", [], ExitCode.SOURCE, "there is no such file or folder"),
        ("train", "small.toml", [], ExitCode.SOURCE, "a file of ratings has userId, movieId"),
    ],
)
def test_errors_end_with_their_exit_code_and_one_line(
    server: str,
    place: Path,
    command: str,
    argument: str,
    options: list[str],
    code: ExitCode,
    message: str,
) -> None:
    arguments = [command, str(place / argument), *options, "--out", str(place / "out")]
    result = CliRunner().invoke(app, ["ratings", *arguments])
    assert result.exit_code == code
    assert message in result.stderr and "Traceback" not in result.stderr
