"""A cluster that goes: no workers, a scheduler that dies, a worker that comes back from a stop."""

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

from tests.faults.child import fork, wait_for
from tests.faults.conftest import Reference
from tests.faults.dask_process import run_scheduler, run_worker
from tests.faults.mining import LIMIT, Place, checked, nothing_runs, same_tables, work_of
from tests.faults.plants import AtCommit, stop_before_workers_start

pytestmark = pytest.mark.timeout(300)


@dataclass
class Cluster:
    """A scheduler and its workers, each a process."""

    address: str
    scheduler: ForkServerProcess
    workers: list[ForkServerProcess]

    def plant(self, fault: AtCommit) -> None:
        """Plant a fault in all workers."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=60)
            client.register_plugin(fault, name=fault.how)


@contextmanager
def cluster_of(folder: Path, workers: int, worker_ttl: str = "5 minutes") -> Iterator[Cluster]:
    file = folder / "scheduler"
    scheduler = fork(run_scheduler, file, worker_ttl)
    started = [fork(run_worker, file) for _ in range(workers)]
    try:
        wait_for(file.exists, 60)
        yield Cluster(file.read_text(), scheduler, started)
    finally:
        for each in (scheduler, *started):
            each.kill()
            each.join()


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster whose workers are given up after seconds of silence."""
    with cluster_of(tmp_path_factory.mktemp("cluster"), 2, "10s") as cluster:
        yield cluster


def ended_and_mined_again(place: Place, reference: Reference, out: Path) -> None:
    """No run of the folder is under way, none has published, and a new one does."""
    wait_for(lambda: nothing_runs(place.server, out), 30)
    assert not (out / "latest").exists()

    again = place.mine(out)
    assert again.end(60) == 0, again.told()
    same_tables(checked(out, LIMIT), reference.release)


def test_a_late_writer_changes_nothing(
    place: Place, reference: Reference, processes: Cluster, tmp_path: Path
) -> None:
    """A worker stops on the last step of a commit, is given up, and goes on after the release."""
    out, markers = tmp_path / "out", tmp_path / "markers"
    markers.mkdir()
    processes.plant(AtCommit(markers, "stop", "features", "p00001"))
    run = place.mine(out, scheduler=processes.address)
    assert run.end(120) == 0, run.told()
    (marker,) = markers.iterdir()
    stopped = next(w for w in processes.workers if w.pid == int(marker.read_text()))
    release = checked(out, LIMIT)
    same_tables(release, reference.release)
    work, half = work_of(out), list((out / "work" / "features").glob(".p00001*.tmp"))
    assert half  # what the stopped worker has written
    os.kill(int(marker.read_text()), signal.SIGCONT)
    stopped.join(60)  # it finishes its piece, finds its scheduler has given it up, and ends
    assert stopped.exitcode is not None
    assert work_of(out) == work
    assert not list((out / "work" / "features").glob(".*.tmp"))
    same_tables(checked(out, LIMIT), reference.release)
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
    assert run.end(60) == 1, run.told()
    assert "the scheduler is gone" in run.told()
    (markers / "go").touch()
    ended_and_mined_again(place, reference, out)


def test_a_scheduler_that_is_stopped_ends_the_run_in_bounded_time(
    place: Place, reference: Reference, tmp_path: Path
) -> None:
    out, markers = tmp_path / "out", tmp_path / "markers"
    markers.mkdir()
    with cluster_of(tmp_path, 1) as cluster:
        cluster.plant(AtCommit(markers, "hold", "features", "p00001"))
        wait = {"MICROGENRES_DASK__WAIT_SECONDS": "3"}
        run = place.mine(out, scheduler=cluster.address, **wait)
        wait_for(lambda: list(markers.iterdir()), 60, run)
        assert cluster.scheduler.pid is not None
        os.kill(cluster.scheduler.pid, signal.SIGSTOP)
        assert run.end(60) == 1, run.told()
        assert "has not answered for 3 s: it is gone, stopped, or hangs" in run.told()
        assert "the scheduler is gone, or hangs" in run.told()
        refused = place.mine(out, scheduler=cluster.address, **wait)
        assert refused.end(60) == 1, refused.told()
        assert "no answer: none in 3 s" in refused.told()
        (markers / "go").touch()
    ended_and_mined_again(place, reference, out)


def test_a_scheduler_that_is_stopped_before_the_first_stage_ends_the_run(
    place: Place, tmp_path: Path
) -> None:
    """The workers' start has no limit of its own: it is the scheduler's silence that ends it."""
    with cluster_of(tmp_path, 0) as cluster:
        wait = {"MICROGENRES_DASK__WAIT_SECONDS": "3"}
        pid = cluster.scheduler.pid
        run = place.mine(
            tmp_path / "out",
            scheduler=cluster.address,
            before=stop_before_workers_start,
            given=(pid,),
            **wait,
        )
        assert run.end(60) == 1, run.told()
    assert "the scheduler is gone, or hangs" in run.told()


def test_no_workers_is_told_in_bounded_time(place: Place, tmp_path: Path) -> None:
    wait = {"MICROGENRES_DASK__WAIT_SECONDS": "1"}
    with cluster_of(tmp_path, 0) as cluster:
        run = place.mine(tmp_path / "out", scheduler=cluster.address, **wait)
        assert run.end(60) == 1, run.told()
    assert "no worker on the cluster for 1 s" in run.told()
    assert not (tmp_path / "out" / "latest").exists()
    gone = place.mine(tmp_path / "out", scheduler=cluster.address, **wait)
    assert gone.end(60) == 1, gone.told()
    assert "dask.scheduler" in gone.told()
