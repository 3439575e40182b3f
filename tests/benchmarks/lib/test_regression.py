from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.lib import regression
from benchmarks.lib.harness import BenchResult
from benchmarks.lib.regression import compare, extract_figures, load, save, show_changes

OURS = "clustering/ours/films 500/seconds"
PEERS = [f"clustering/faiss.{name}/films 500/seconds" for name in "abc"]


def marks(runs: list[dict[str, float]], now: dict[str, float]) -> dict[str, str]:
    return {one.figure: one.mark for one in compare(runs, now)[0]}


def test_figures_are_found_in_rows_and_in_nested_figures() -> None:
    rows = [
        {"contender": "ours", "films": 9, "seconds": 1.5, "worker_mib": 700.0, "exponent": 1.0},
        {"contender": "tiny", "films": 9, "seconds": 0.01, "worker_mib": 700.0},
        {"contender": "flat", "films": 9, "stage_seconds": 0.01, "recall_at_10": 0.9},
    ]
    figures = {
        "mean_cosine": 1,
        "runs": [{"films": 9, "recovered": {"ami": 0.5, "planted": 4}}],
        "none": {"ratio": None},
    }
    assert extract_figures({"x": BenchResult(rows, figures)}) == {
        "x/ours/films 9/seconds": 1.5,
        "x/ours/films 9/worker_mib": 700.0,
        "x/flat/films 9/recall_at_10": 0.9,
        "x/mean_cosine": 1.0,
        "x/runs/films 9/recovered/ami": 0.5,
    }


@pytest.mark.parametrize(
    ("figure", "before", "now", "mark"),
    [
        ("x/ours/seconds", 2.0, 2.4, ""),
        ("x/ours/seconds", 2.0, 2.6, "worse"),
        ("x/ours/seconds", 2.0, 1.4, "better"),
        ("x/ours/documents_per_second", 200.0, 140.0, "worse"),
        ("x/ours/worker_mib", 500.0, 560.0, "worse"),
        ("x/ours/recall_at_10", 0.95, 0.92, "worse"),
        ("x/ours/ami", 0.80, 0.79, ""),
        ("x/BERTopic, whole command/seconds", 2.0, 9.0, "peer"),
        ("x/compared/films 5/ratio", 2.0, 1.2, "worse"),  # ours against a peer is ours
    ],
)
def test_a_change_beyond_the_noise_is_marked(
    figure: str, before: float, now: float, mark: str
) -> None:
    assert marks([{figure: before}], {figure: now}) == {figure: mark}


def test_a_machine_that_is_slower_for_all_is_no_regression() -> None:
    stored = dict.fromkeys([OURS, *PEERS], 2.0)
    assert marks([stored], dict.fromkeys(stored, 4.0))[OURS] == ""
    slower = dict.fromkeys(PEERS, 4.0) | {OURS: 8.0}
    changes, machine = compare([stored], slower)
    assert machine == 2 and {one.figure: one.change for one in changes}[OURS] == pytest.approx(1)
    assert marks([stored], slower)[OURS] == "worse"
    # as fast as before on a machine of half the speed
    assert marks([stored], dict.fromkeys(PEERS, 4.0) | {OURS: 2.0})[OURS] == "better"


def test_the_noise_follows_the_stored_runs() -> None:
    runs = [{OURS: seconds} for seconds in (1.0, 2.0, 3.0)]
    (change,), _ = compare(runs, {OURS: 5.0})
    assert change.before == 2.0 and change.noise == pytest.approx(3 * 1.4826 * 1.0 / 2.0)
    assert change.mark == "" and marks(runs[:2], {OURS: 5.0})[OURS] == "worse"


def test_figures_that_were_not_stored_are_not_compared() -> None:
    assert compare([{"x/a/seconds": 1.0}], {"x/b/seconds": 1.0}) == ([], 1.0)


def test_five_runs_are_stored_for_each_kind_of_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(tmp_path) is None
    for seconds in range(1, 8):
        path = save({OURS: seconds + 0.00001}, tmp_path)
    stored = load(tmp_path)
    assert stored is not None and stored == json.loads(path.read_text())
    assert [run[OURS] for run in stored["runs"]] == [3, 4, 5, 6, 7]
    assert stored["machine"]["cores"] >= 1 and "load" not in stored["machine"]
    other = {"processor": "Other (R) CPU @ 9 GHz", "cores": 64, "load": 0.0}
    monkeypatch.setattr(regression, "describe_machine", other.copy)
    assert load(tmp_path) is None
    assert save({}, tmp_path).name == "other-r-cpu-9-ghz-64-cores.json"


def test_changes_are_shown_and_the_worse_ones_returned() -> None:
    stored = dict.fromkeys([OURS, *PEERS], 2.0)
    changes, machine = compare([stored], stored | {OURS: 3.0})
    console = Console(record=True, width=120)
    worse = show_changes(changes, machine, 1, console)
    shown = console.export_text()
    assert [one.figure for one in worse] == [OURS]
    assert "+50 %" in shown and "1 figures worse and 0 better" in shown and "peer" in shown
