"""A lost cluster: no workers, a dead or stopped scheduler, a worker that returns late."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from distributed import Client

from tests.faults.child import start_process, wait_for
from tests.faults.conftest import Reference
from tests.faults.dask_process import run_scheduler, run_worker
from tests.faults.mining import (
    LIMIT,
    Place,
    all_runs_ended,
    assert_same_tables,
    committed_work,
    verify_latest,
)
from tests.faults.plants import AtCommit, stop_before_workers_start

pytestmark = [pytest.mark.timeout(300), pytest.mark.alone]


@dataclass
class Cluster:
    """A scheduler and its workers, each in a process."""

    address: str
    scheduler: ForkServerProcess
    workers: list[ForkServerProcess]

    def plant(self, fault: AtCommit) -> None:
        """Plant a fault in all workers."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=60)
            client.register_plugin(fault, name=fault.how)


@contextmanager
def start_cluster(folder: Path, workers: int, worker_ttl: str = "5 minutes") -> Iterator[Cluster]:
    file = folder / "scheduler"
    scheduler = start_process(run_scheduler, file, worker_ttl)
    started = [start_process(run_worker, file) for _ in range(workers)]
    try:
        wait_for(file.exists, 60)
        yield Cluster(file.read_text(), scheduler, started)
    finally:
        for each in (scheduler, *started):
            each.kill()
            each.join()


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster that drops a worker after ten seconds without a heartbeat."""
    with start_cluster(tmp_path_factory.mktemp("cluster"), 2, "10s") as cluster:
        yield cluster


def check_end_and_mine_again(place: Place, reference: Reference, out: Path) -> None:
    """Check that no run of the folder runs or has published, and that a new run publishes."""
    wait_for(lambda: all_runs_ended(place.server, out), 30)
    assert not (out / "latest").exists()

    again = place.mine(out)
    assert again.end(60) == 0, again.output()
    assert_same_tables(verify_latest(out, LIMIT), reference.release)


def test_a_commit_after_the_release_changes_nothing(
    place: Place, reference: Reference, processes: Cluster, tmp_path: Path
) -> None:
    """A worker stops in a commit, is dropped, and resumes after the release."""
    out, markers = tmp_path / "out", tmp_path / "markers"
    markers.mkdir()
    processes.plant(AtCommit(markers, "stop", "features", "p00001"))
    run = place.mine(out, scheduler=processes.address)
    assert run.end(120) == 0, run.output()
    (marker,) = markers.iterdir()
    stopped = next(w for w in processes.workers if w.pid == int(marker.read_text()))
    release = verify_latest(out, LIMIT)
    assert_same_tables(release, reference.release)
    work, half = committed_work(out), list((out / "work" / "features").glob(".p00001*.tmp"))
    assert half  # written by the stopped worker
    os.kill(int(marker.read_text()), signal.SIGCONT)
    stopped.join(60)  # it finishes its piece, learns that it was dropped, and ends
    assert stopped.exitcode is not None
    assert committed_work(out) == work
    assert not list((out / "work" / "features").glob(".*.tmp"))
    assert_same_tables(verify_latest(out, LIMIT), reference.release)
    processes.workers.remove(stopped)


def test_a_scheduler_that_dies_ends_the_run_in_bounded_time(
    place: Place, reference: Reference, processes: Cluster, tmp_path: Path
) -> None:
    out, markers = tmp_path / "out", tmp_path / "markers"
    markers.mkdir()
    processes.plant(AtCommit(markers, "hold", "features", "p00001"))
    run = place.mine(out, scheduler=processes.address, MICROGENRES_DASK__WAIT_SECONDS="3")
    wait_for(lambda: list(markers.iterdir()), 60, run)
    processes.scheduler.kill()
    assert run.end(60) == 1, run.output()
    assert "the scheduler is gone" in run.output()
    (markers / "go").touch()
    check_end_and_mine_again(place, reference, out)


def test_a_scheduler_that_is_stopped_ends_the_run_in_bounded_time(
    place: Place, reference: Reference, tmp_path: Path
) -> None:
    out, markers = tmp_path / "out", tmp_path / "markers"
    markers.mkdir()
    with start_cluster(tmp_path, 1) as cluster:
        cluster.plant(AtCommit(markers, "hold", "features", "p00001"))
        wait = {"MICROGENRES_DASK__WAIT_SECONDS": "3"}
        run = place.mine(out, scheduler=cluster.address, **wait)
        wait_for(lambda: list(markers.iterdir()), 60, run)
        assert cluster.scheduler.pid is not None
        os.kill(cluster.scheduler.pid, signal.SIGSTOP)
        assert run.end(60) == 1, run.output()
        assert "has not answered for 3 s: it is gone, stopped, or hangs" in run.output()
        assert "the scheduler is gone, or hangs" in run.output()
        refused = place.mine(out, scheduler=cluster.address, **wait)
        assert refused.end(60) == 1, refused.output()
        assert "no answer: none in 3 s" in refused.output()
        (markers / "go").touch()
    check_end_and_mine_again(place, reference, out)


def test_a_scheduler_that_is_stopped_before_the_first_stage_ends_the_run(
    place: Place, tmp_path: Path
) -> None:
    """Starting workers has no time limit: the missing heartbeat of the scheduler ends the run."""
    with start_cluster(tmp_path, 0) as cluster:
        wait = {"MICROGENRES_DASK__WAIT_SECONDS": "3"}
        pid = cluster.scheduler.pid
        run = place.mine(
            tmp_path / "out",
            scheduler=cluster.address,
            before=stop_before_workers_start,
            given=(pid,),
            **wait,
        )
        assert run.end(60) == 1, run.output()
    assert "the scheduler is gone, or hangs" in run.output()


def test_a_cluster_without_workers_ends_the_run_in_bounded_time(
    place: Place, tmp_path: Path
) -> None:
    wait = {"MICROGENRES_DASK__WAIT_SECONDS": "1"}
    with start_cluster(tmp_path, 0) as cluster:
        run = place.mine(tmp_path / "out", scheduler=cluster.address, **wait)
        assert run.end(60) == 1, run.output()
    assert "no worker on the cluster for 1 s" in run.output()
    assert not (tmp_path / "out" / "latest").exists()
    gone = place.mine(tmp_path / "out", scheduler=cluster.address, **wait)
    assert gone.end(60) == 1, gone.output()
    assert "dask.scheduler" in gone.output()
