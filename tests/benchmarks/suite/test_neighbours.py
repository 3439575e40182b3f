from __future__ import annotations

import pytest

from benchmarks.lib.harness import BenchOptions
from benchmarks.suite import neighbours
from tests.support.planted import planted


def test_a_quick_run_measures_every_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "real_vectors", lambda *_, **__: planted(20, 10, dim=64)[0])
    found = neighbours.measure(BenchOptions(sizes=(300, 600), repeats=1, quick=True))
    rows = {(row["films"], row["contender"]): row for row in found.rows}
    assert len(rows) == 2 * len(neighbours.KINDS)
    for (_, kind), row in rows.items():
        assert row["recall_at_10"] == 1 if kind == "flat" else row["recall_at_10"] > 0.9
    # float32 takes four bytes per dimension, 8-bit codes one
    assert rows[600, "flat"]["bytes_per_film"] == pytest.approx(4 * 64, rel=0.01)
    assert rows[600, "ivf-sq8"]["bytes_per_film"] < 0.5 * rows[600, "flat"]["bytes_per_film"]
    assert found.figures["auto"] == {300: "flat", 600: "flat"}
    assert found.figures["cheapest"].keys() == {300, 600}
