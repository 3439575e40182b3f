from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.lib.harness import BenchOptions
from benchmarks.suite import end_to_end
from tests.support.prefect_process import PrefectProcess


def run(films: int, embed: float, tiny: float, driver: float) -> dict[str, object]:
    return {
        "films": films,
        "wall_seconds": embed + 8.0,
        "total_mib": 2_000.0,
        "dtype": "bfloat16",
        "bfloat16_gain": 3.5,
        "resumed": [],
        "seconds": {"embed": embed, "tiny": tiny, "total": embed},
        "stage_mib": {"embed": {"worker": 900.0}},
        "driver_mib": driver,
        "worker_mib": 900.0,
        "server_mib": 200.0,
        "micro_genres": 2,
        "recovered": {"ami": 0.9, "planted": 2},
    }


def bertopic(films: int, seconds: float) -> dict[str, object]:
    return {
        "films": films,
        "wall_seconds": seconds + 4.0,
        "total_mib": 1_500.0,
        "encode_seconds": seconds - 2.0,
        "fit_seconds": 2.0,
        "topics": 9,
        "unplaced_share": 0.4,
        "version": "0.17.4",
        "ami": 0.5,
        "ami_of_placed": None,
    }


def store(work: Path, films: int, contender: str, row: dict[str, object]) -> None:
    place = work / f"films-{films}-seed-2026"
    place.mkdir(exist_ok=True)
    (place / f"{contender}-0.json").write_text(json.dumps(row))


@pytest.fixture(autouse=True)
def _peer_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_to_end, "find_missing", lambda *_: None)


def test_measured_sizes_are_reused_and_growth_is_fitted(tmp_path: Path) -> None:
    for films, seconds, driver in ((1_000, 10.0, 400.0), (4_000, 40.0, 403.0)):
        store(tmp_path, films, "ours", run(films, seconds, seconds / 1_000, driver))
        store(tmp_path, films, "BERTopic", bertopic(films, 2 * seconds))
    options = BenchOptions(sizes=(1_000, 4_000), repeats=1, work=tmp_path)
    found = end_to_end.measure(options)
    # a stage of some hundredths of a second has no measurable growth
    assert found.figures["growth"] == pytest.approx({"embed": 1.0, "total": 1.0})
    assert found.figures["driver_bytes_per_film"] == pytest.approx(3 * 2**20 / 3_000)
    assert found.figures["worker_bytes_per_film"] == 0
    rows = {(row["films"], row["contender"]): row for row in found.rows}
    assert rows[4_000, "embed"]["exponent"] == pytest.approx(1.0)
    assert rows[1_000, "embed"]["worker_mib"] == 900 and rows[1_000, "tiny"]["worker_mib"] is None


def test_resumed_stages_are_left_out_of_the_growth(tmp_path: Path) -> None:
    few, many = 60_000, 240_000  # more than BERTopic is measured with
    for films, seconds, resumed in ((few, 10.0, []), (many, 1.5, ["embed"])):
        row = run(films, seconds, films / 30_000, 400.0) | {"resumed": resumed}
        store(tmp_path, films, "ours", row)
    found = end_to_end.measure(BenchOptions(sizes=(few, many), work=tmp_path))
    assert found.figures["growth"] == pytest.approx({"tiny": 1.0})
    rows = {(row["films"], row["contender"]): row for row in found.rows}
    assert rows[few, "embed"]["seconds"] == 10
    assert rows[many, "embed"]["seconds"] is rows[many, "total"]["seconds"] is None
    assert "an earlier run did part of embed" in found.notes[1]
    assert "earlier run" not in found.notes[0]


def test_the_peer_is_compared_at_each_size(tmp_path: Path) -> None:
    for films, seconds in ((1_000, 10.0), (4_000, 40.0)):
        store(tmp_path, films, "ours", run(films, seconds, 0.01, 400.0))
        store(tmp_path, films, "BERTopic", bertopic(films, 2 * seconds))
    options = BenchOptions(sizes=(1_000, 4_000), repeats=1, work=tmp_path)
    found = end_to_end.measure(options)
    few, many = found.figures["compared"]
    assert few["ratio"] == pytest.approx(24 / 18) and many["ratio"] == pytest.approx(84 / 48)
    assert few["ratio_inside"] == pytest.approx(2.0)
    assert few["ratio_of_encoding"] == pytest.approx(1.8)
    assert few["whole_to_encoding"] == pytest.approx(1.0)
    assert many["bertopic"]["unplaced_share"] == 0.4 and many["ours"]["dtype"] == "bfloat16"
    rows = {(row["films"], row["contender"]): row for row in found.rows}
    row = rows[4_000, "BERTopic, whole command"]
    assert row["seconds"] == 84 and row["total_mib"] == 1_500
    assert row["exponent"] == pytest.approx(math.log(84 / 24, 4))
    assert "3.50 times as fast as float32" in found.notes[-1]
    assert "1.75 times as long" in found.notes[-1] and "40 % of the films" in found.notes[-1]


def test_without_the_peer_ours_is_measured_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(end_to_end, "find_missing", lambda *_: "not installed: bertopic")
    store(tmp_path, 1_000, "ours", run(1_000, 10.0, 0.01, 400.0))
    found = end_to_end.measure(BenchOptions(sizes=(1_000,), repeats=1, work=tmp_path))
    assert found.missing == {"BERTopic": "not installed: bertopic"}
    assert found.figures["compared"] == [] and len(found.notes) == 1


@pytest.mark.slow
def test_a_real_mining_is_measured(
    tmp_path: Path, prefect: PrefectProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the peer is not installed for the tests
    monkeypatch.setattr(end_to_end, "find_missing", lambda *_: "left out")
    with prefect.used():
        found = end_to_end.measure(BenchOptions(sizes=(120,), repeats=1, quick=True, work=tmp_path))
    (row,) = found.figures["runs"]
    assert row["released"] == 120 and not row["resumed"]
    assert row["recovered"]["ami"] > 0.3
    assert 100 < row["driver_mib"] < 4_000 and 100 < row["worker_mib"] < 4_000
    rows = {row["contender"]: row for row in found.rows}
    assert rows["embed"]["seconds"] > 0 and rows["embed"]["worker_mib"] > 100
    assert "120 films" in found.notes[0]
