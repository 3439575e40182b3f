from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.lib.harness import BenchOptions, Row
from benchmarks.lib.small_model import build_model
from benchmarks.lib.vectors import synthetic_texts
from benchmarks.suite import workers
from benchmarks.suite.workers import makespan
from pipeline.embedding.weights import identify
from pipeline.settings import EmbedSettings
from pipeline.storage.work_store import WorkStore


@pytest.mark.parametrize(("count", "seconds"), [(1, 11.0), (2, 6.0), (3, 5.0), (4, 5.0), (64, 5.0)])
def test_the_first_free_worker_takes_the_next_task(count: int, seconds: float) -> None:
    assert makespan([1.0, 2.0, 1.0, 2.0, 5.0][::-1], count, 0.0) == seconds


def test_each_task_has_the_overhead() -> None:
    assert makespan([1.0] * 6, 2, 0.5) == pytest.approx(4.5)


def test_a_real_worker_encodes_each_piece_and_reports_its_seconds(tmp_path: Path) -> None:
    settings = EmbedSettings(model=str(build_model(tmp_path / "model")), device="cpu")
    model = identify(settings)
    constants = {"revision": model.revision, "dtype": model.dtype}
    store = WorkStore(tmp_path / "out")
    pieces = workers._create_pieces(store, synthetic_texts(70, 1), constants)
    assert [len(store.read(piece.inputs["texts"])) for piece in pieces] == [64, 6]
    row = workers._run_turn(store, pieces, 1, settings)
    assert len(row["tasks"]) == 2 and min(row["tasks"]) > 0
    assert row["seconds"] >= sum(row["tasks"]) and row["overhead"] > 0


def test_rows_are_strong_weak_and_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    def scaling(size: int, texts: dict[int, int], options: BenchOptions) -> dict[int, Row]:
        return {
            w: {"seconds": count / 10 / w + 1, "tasks": [1.0] * (count // 10), "overhead": 0.1}
            for w, count in texts.items()
        }

    monkeypatch.setattr(workers, "_measure_scaling", scaling)
    found = workers.measure(BenchOptions(sizes=(100,), repeats=1))
    rows = {(row["contender"], row["workers"]): row for row in found.rows}
    assert rows["strong, measured", 2]["speedup"] == pytest.approx(11 / 6)
    assert rows["weak, measured", 2]["texts"] == 200
    assert rows["weak, measured", 2]["speedup"] == pytest.approx(2 * 11 / 11)
    # ten tasks of 1.1 seconds on four workers: three in succession
    assert rows["strong, simulated", 4]["seconds"] == pytest.approx(3.3)
    assert rows["strong, simulated", 64]["speedup"] == pytest.approx(10)
    assert found.figures["two_workers_times_one"] == pytest.approx(11 / 6)
    assert "list scheduling of the 10 measured tasks" in found.notes[0]
