"""A worker over its memory limit: killed, tried alone with smaller batches, then quarantined."""

from __future__ import annotations

import logging
from pathlib import Path

import dask
import pyarrow as pa
import pytest
from distributed import Client, LocalCluster

from pipeline.errors import QuarantineError
from pipeline.execution.cluster import CLUSTER_CONFIG
from pipeline.execution.runner import Piece, Stage, run_stage
from pipeline.execution.stage import piece_fingerprint
from pipeline.storage.work_store import WorkStore
from tests.faults.memory import fails_for_memory, greedy

MOVIES = pa.table({"movie_id": ["1", "2"]})


def pieces(store: WorkStore, count: int, **constants: object) -> list[Piece]:
    ref = store.commit("in", "all", "0" * 64, {"t": MOVIES}, rows_in=2, seconds=0).outputs["t"]
    return [
        Piece(f"p{n}", {"movies": (ref,)}, {"name": f"p{n}", **constants} if constants else {})
        for n in range(count)
    ]


@pytest.mark.timeout(180)
def test_a_piece_is_retried_with_smaller_batches_then_quarantined(tmp_path: Path) -> None:
    store = WorkStore(tmp_path / "out")
    stage = Stage.of(greedy, lean={"batch": 10})
    todo = pieces(store, 4, folder=str(tmp_path), hungry="p1", always="p2")
    with (
        dask.config.set(CLUSTER_CONFIG),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit="600MiB",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
        pytest.raises(QuarantineError),
    ):
        run_stage(store, stage, todo, client=client)
    done = [p.key for p in todo if store.lookup(stage.name, p.key, piece_fingerprint(stage, p))]
    assert done == ["p0", "p1", "p3"]
    reasons = {failure["piece"]: failure["reason"] for failure in store.failures()}
    assert list(reasons) == ["p2"]
    assert "memory" in reasons["p2"]
    tries = [path.name.split("-")[:2] for path in tmp_path.glob("*.called")]
    assert tries.count(["p1", "900"]) == 2
    assert tries.count(["p1", "10"]) == 1
    assert tries.count(["p2", "10"]) == 2


def test_a_failed_allocation_is_retried_with_less_memory(tmp_path: Path) -> None:
    store = WorkStore(tmp_path / "out")
    lean = Stage.of(fails_for_memory, name="leaner", lean={"batch": 8})
    (manifest,) = run_stage(store, lean, pieces(store, 1), backoff_seconds=0.01).manifests
    assert store.read(manifest.outputs["out"]).equals(MOVIES)
    same = Stage.of(fails_for_memory)
    with pytest.raises(QuarantineError, match=r"p0: .*MemoryError.*tried 3 times"):
        run_stage(store, same, pieces(store, 1), retries=2, backoff_seconds=0.01)
