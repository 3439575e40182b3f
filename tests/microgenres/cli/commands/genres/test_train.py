"""`microgenres genres`: all commands on the sample with a local cluster, and wrong usage."""

from __future__ import annotations

import json
from pathlib import Path

import conllu
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from microgenres.cli.app import app
from microgenres.cli.exit_codes import ExitCode
from pipeline.genres.serving.predict_stage import PREDICTED
from pipeline.genres.training.registry import read_registry

SETTINGS = """
seed = 7
[genres]
chains = 2
neighbours = 15
max_terms = 5000
folds = 3
bootstrap = 50
[dask]
workers = 2
"""


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["genres", *map(str, args)], env={"COLUMNS": "100"})


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "small.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def out(server: str, settings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an output folder with models trained on the sample."""
    folder = tmp_path_factory.mktemp("out")
    done = run(
        "train",
        "--out",
        folder,
        "--settings",
        settings,
        "-m",
        "logistic-tfidf",
        "-m",
        "adaptation",
        "--folds",
    )
    assert done.exit_code == 0, done.output
    assert "adaptation" in done.stdout and "Jaccard" in done.stdout
    return folder


def test_help_has_examples() -> None:
    whole = run("--help").stdout
    for command in ("train", "evaluate", "predict", "export-conllu", "report", "models", "track"):
        assert command in whole
        assert f"microgenres genres {command}" in run(command, "--help").stdout


def test_models_and_folds_are_registered(out: Path) -> None:
    known = read_registry(out / "genres")
    trained = [(row.name, row.fold) for row in known.models]
    assert sorted(trained, key=str) == sorted(
        [(name, fold) for name in ("adaptation", "logistic-tfidf") for fold in (None, 0, 1, 2)],
        key=str,
    )
    assert all(0 < row.figures["jaccard"] < 1 for row in known.models)
    listed = run("models", "--out", out, "--json")
    assert json.loads(listed.stdout)["trained"]["serving"].keys() == {"adaptation"}
    before = json.loads((out / "genres/data/catalogue.json").read_text())
    assert before["before"]["films"] == 531 >= before["after"]["films"]
    assert "Words" in (out / "genres/data/catalogue.html").read_text()


def test_evaluation_and_report(out: Path, settings: Path) -> None:
    report = json.loads(run("evaluate", "--out", out, "--settings", settings, "--json").stdout)
    assert set(report["inputs"]["both"]["models"]) == {"adaptation", "logistic-tfidf"}
    shown = run("evaluate", "--out", out, "--settings", settings)
    assert "held-out films" in shown.stdout
    written = run("report", "--out", out, "--settings", settings)
    assert written.exit_code == 0, written.output
    assert all(Path(line).is_file() for line in written.stdout.splitlines())


def test_one_film_is_predicted(out: Path) -> None:
    text = "A detective hunts a killer through the rain."
    result = run("predict", text, "--title", "Rain", "-m", "adaptation", "--out", out, "--json")
    (film,) = json.loads(result.stdout)["films"]
    assert film["predicted_genres"] and film["inference_time"] > 0
    shown = run("predict", text, "-m", "adaptation", "--out", out)
    assert film["predicted_genres"][0] in shown.stdout


def test_a_catalogue_is_predicted_in_partitions(out: Path, settings: Path, tmp_path: Path) -> None:
    to = tmp_path / "genres.parquet"
    done = run(
        "predict",
        "--source",
        "sample",
        "-m",
        "adaptation",
        "--out",
        out,
        "--to",
        to,
        "--settings",
        settings,
    )
    assert done.exit_code == 0, done.output
    films = pq.read_table(to)
    assert films.schema == PREDICTED
    assert films.num_rows == 531 == len(set(films["movie_id"].to_pylist()))
    assert all(films["predicted_genres"].to_pylist())


def test_conllu_is_exported(tmp_path: Path) -> None:
    to = tmp_path / "sample.conllu"
    done = run("export-conllu", to, "--limit", 20)
    assert done.exit_code == 0, done.output
    found = conllu.parse(to.read_text(encoding="utf-8"))
    assert len([s for s in found if "newdoc id" in s.metadata]) == 20


@pytest.mark.parametrize(
    "args",
    [
        ["train", "-m", "nope"],
        ["train", "--from", "poster"],
        ["predict"],
        ["predict", "text", "--source", "sample"],
        ["predict", "--source", "sample"],
    ],
)
def test_wrong_usage_ends_with_2(args: list[str]) -> None:
    done = run(*args)
    assert done.exit_code == ExitCode.USAGE
    assert done.stdout == ""


def test_without_models_the_error_names_the_command(tmp_path: Path) -> None:
    for args in (["evaluate"], ["report"], ["track"], ["predict", "A text."]):
        done = run(*args, "--out", tmp_path)
        assert done.exit_code == ExitCode.FAILED
        assert "microgenres genres train" in done.stderr
