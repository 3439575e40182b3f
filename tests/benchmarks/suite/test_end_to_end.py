from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.lib.harness import BenchOptions
from benchmarks.suite import end_to_end
from tests.support.prefect_process import PrefectProcess


def run(films: int, embed: float, tiny: float, driver: float) -> dict[str, object]:
    return {
        "films": films,
        "resumed": [],
        "seconds": {"embed": embed, "tiny": tiny, "total": embed},
        "stage_mib": {"embed": {"worker": 900.0}},
        "driver_mib": driver,
        "worker_mib": 900.0,
        "server_mib": 200.0,
        "micro_genres": 2,
        "recovered": {"ami": 0.9, "planted": 2},
    }


def test_measured_sizes_are_reused_and_growth_is_fitted(tmp_path: Path) -> None:
    for films, seconds, driver in ((1_000, 10.0, 400.0), (4_000, 40.0, 403.0)):
        place = tmp_path / f"films-{films}-seed-2026"
        place.mkdir()
        row = run(films, seconds, seconds / 1_000, driver)
        (place / "ours-0.json").write_text(json.dumps(row))
    found = end_to_end.measure(BenchOptions(sizes=(1_000, 4_000), work=tmp_path))
    # a stage of some hundredths of a second has no measurable growth
    assert found.figures["growth"] == pytest.approx({"embed": 1.0, "total": 1.0})
    assert found.figures["driver_bytes_per_film"] == pytest.approx(3 * 2**20 / 3_000)
    assert found.figures["worker_bytes_per_film"] == 0
    rows = {(row["films"], row["contender"]): row for row in found.rows}
    assert rows[4_000, "embed"]["exponent"] == pytest.approx(1.0)
    assert rows[1_000, "embed"]["worker_mib"] == 900 and rows[1_000, "tiny"]["worker_mib"] is None


def test_resumed_stages_are_left_out_of_the_growth(tmp_path: Path) -> None:
    for films, seconds, resumed in ((1_000, 10.0, []), (4_000, 1.5, ["embed"])):
        place = tmp_path / f"films-{films}-seed-2026"
        place.mkdir()
        row = run(films, seconds, films / 500, 400.0) | {"resumed": resumed}
        (place / "ours-0.json").write_text(json.dumps(row))
    found = end_to_end.measure(BenchOptions(sizes=(1_000, 4_000), work=tmp_path))
    assert found.figures["growth"] == pytest.approx({"tiny": 1.0})
    rows = {(row["films"], row["contender"]): row for row in found.rows}
    assert rows[1_000, "embed"]["seconds"] == 10
    assert rows[4_000, "embed"]["seconds"] is rows[4_000, "total"]["seconds"] is None
    assert "an earlier run did part of embed" in found.notes[1]
    assert "earlier run" not in found.notes[0]


@pytest.mark.slow
def test_a_real_mining_is_measured(tmp_path: Path, prefect: PrefectProcess) -> None:
    with prefect.used():
        found = end_to_end.measure(BenchOptions(sizes=(120,), repeats=1, quick=True, work=tmp_path))
    (row,) = found.figures["runs"]
    assert row["released"] == 120 and not row["resumed"]
    assert row["recovered"]["ami"] > 0.3
    assert 100 < row["driver_mib"] < 4_000 and 100 < row["worker_mib"] < 4_000
    rows = {row["contender"]: row for row in found.rows}
    assert rows["embed"]["seconds"] > 0 and rows["embed"]["worker_mib"] > 100
    assert "120 films" in found.notes[0]
