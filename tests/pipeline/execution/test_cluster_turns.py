"""One stage has the cluster for itself while others wait."""

from __future__ import annotations

import threading
from pathlib import Path

import dask
import pytest
from distributed import Client, LocalCluster

from pipeline.errors import QuarantineError
from pipeline.execution.cluster_turns import ClusterTurns
from pipeline.execution.runner import Stage, run_stage
from pipeline.storage.work_store import WorkStore
from tests.pipeline.execution.test_runner import pieces
from tests.support import stages as functions


def test_a_stage_that_ends_gives_its_turn_back() -> None:
    turns = ClusterTurns()
    assert turns.begin("a")
    assert not turns.begin_alone("b")
    turns.leave("a", 1)
    assert turns.begin_alone("b")
    assert not turns.begin("c")
    turns.leave("b", 1)
    assert turns.begin("c")


def test_stages_have_their_turns_in_order() -> None:
    turns = ClusterTurns()
    assert turns.begin("a")
    assert not turns.begin_alone("b")
    assert not turns.begin_alone("c")
    turns.end("a")
    assert not turns.begin_alone("c")
    assert turns.begin_alone("b")
    turns.end("b")
    assert turns.begin_alone("c")


@pytest.mark.timeout(180)
def test_a_stage_beside_one_that_kills_workers_loses_nothing(tmp_path: Path) -> None:
    store, turns = WorkStore(tmp_path / "out"), ClusterTurns()
    for folder in ("bad", "good"):
        (tmp_path / folder).mkdir()
    bad = pieces(store, 4, folder=str(tmp_path / "bad"), victim="p2")
    good = pieces(store, 12, calls_in=str(tmp_path / "good"))
    found: list[BaseException] = []

    def run_bad() -> None:
        try:
            run_stage(store, Stage.of(functions.die_always), bad, client=client, turns=turns)
        except QuarantineError as error:
            found.append(error)

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        beside = threading.Thread(target=run_bad)
        beside.start()
        stage = Stage.of(functions.scale, functions.Factor())
        result = run_stage(store, stage, good, client=client, turns=turns)
        beside.join()
    assert len(result.manifests) == 12
    assert "p2" in str(found[0])
    assert "1 of 4" in str(found[0])
