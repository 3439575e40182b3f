from __future__ import annotations

import pytest

from benchmarks import workers
from benchmarks.frame import Asked
from benchmarks.workers import makespan


@pytest.mark.parametrize(("count", "seconds"), [(1, 11.0), (2, 6.0), (3, 5.0), (4, 5.0), (64, 5.0)])
def test_each_task_goes_to_the_worker_that_is_free_first(count: int, seconds: float) -> None:
    assert makespan([1.0, 2.0, 1.0, 2.0, 5.0][::-1], count, 0.0) == seconds


def test_what_is_spent_apart_from_the_work_counts_for_each_task() -> None:
    assert makespan([1.0] * 6, 2, 0.5) == pytest.approx(4.5)


def test_real_workers_encode_and_the_simulation_goes_on_from_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "_REAL", (1, 2))
    monkeypatch.setattr(workers, "_PIECE", 8)
    found = workers.measure(Asked(sizes=(16,), repeats=1, quick=True))
    kinds = {(row["contender"], row["workers"]) for row in found.rows}
    assert {("strong, measured", 2), ("weak, measured", 2), ("strong, simulated", 64)} <= kinds
    for row in found.rows:
        assert row["seconds"] > 0 and row["efficiency"] == row["speedup"] / row["workers"]
    weak = next(r for r in found.rows if r["contender"] == "weak, measured" and r["workers"] == 2)
    assert weak["texts"] == 32
    assert "simulated: list scheduling of the 2 measured tasks" in found.notes[0]
