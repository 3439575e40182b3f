from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.lib.harness import BenchResult
from benchmarks.suite import registry
from benchmarks.suite.registry import NAMES, find_bench
from microgenres.cli.app import app
from microgenres.cli.commands import bench as benching
from microgenres.cli.exit_codes import ExitCode


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["bench", *args])


def test_help_names_every_benchmark() -> None:
    shown = run("--help").stdout
    assert all(name in shown for name in NAMES)


def test_an_unknown_name_is_wrong_usage_and_the_names_are_listed() -> None:
    result = run("nothing")
    assert result.exit_code == ExitCode.USAGE
    assert "catalogue, embedding, clustering" in result.stderr


@pytest.mark.parametrize("sizes", ["many", "10,", "0", "-5", "1e5"])
def test_sizes_are_whole_numbers(sizes: str) -> None:
    result = run("catalogue", f"--sizes={sizes}")
    assert result.exit_code == ExitCode.USAGE and "10000,100000" in result.stderr


def test_a_command_writes_what_it_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "benchmarks.suite.catalogue.measure_recovery", lambda *_: dict.fromkeys(KEYS, 1)
    )
    result = run("catalogue", "--quick", "--sizes", "50,20", "--out", str(tmp_path))
    assert result.exit_code == 0, result.stderr
    record = json.loads((tmp_path / "catalogue.json").read_text())
    assert [row["films"] for row in record["rows"]] == [20, 50] and record["quick"]
    assert "films per second" in result.stdout and (tmp_path / "catalogue.png").exists()


@pytest.mark.parametrize("words", [["--save"], ["--save", "--quick", "--sizes", "20"]])
def test_only_a_quick_run_at_its_own_sizes_is_stored(words: list[str]) -> None:
    result = run("catalogue", *words)
    assert result.exit_code == ExitCode.USAGE and "--quick and without --sizes" in result.stderr


def test_a_quick_run_is_stored_and_compared_with_stored_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    speed = {"contender": "ours", "films": 9, "seconds": 2.0}
    bench = replace(find_bench("catalogue"), measure=lambda _: BenchResult([dict(speed)]))
    monkeypatch.setattr(registry, "find_bench", lambda _: bench)
    stored = functools.partial(registry.check_quickly, folder=tmp_path)
    monkeypatch.setattr(registry, "check_quickly", stored)
    words = ("catalogue", "--quick", "--out", str(tmp_path))
    first = run(*words, "--save")
    assert first.exit_code == 0 and "nothing is stored" in first.stdout, first.stderr
    assert "stored: " in first.stdout
    assert run(*words).exit_code == 0
    speed["seconds"] = 4.0
    slower = run(*words)
    assert slower.exit_code == ExitCode.REGRESSED == 6
    assert "+100 %" in slower.stdout and "stored: " not in slower.stdout


KEYS = ("films", "planted", "ami", "noise_films")


def test_an_installation_without_the_suite_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(benching, "find_spec", lambda _: None)
    result = run("catalogue")
    assert result.exit_code == ExitCode.FAILED
    assert "source checkout" in result.stderr and "[bench]" in result.stderr


def test_a_missing_library_of_the_suite_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(_: str) -> None:
        raise ModuleNotFoundError("No module named 'psutil'", name="psutil")

    monkeypatch.setattr(benching, "import_module", without)
    result = run("end-to-end")
    assert result.exit_code == ExitCode.FAILED and "need psutil" in result.stderr
