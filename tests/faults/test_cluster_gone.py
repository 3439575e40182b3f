"""A cluster that goes: no workers, a scheduler that dies, a worker that comes back from a stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributed import Client

from tests.faults.child import wait_for
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, checked, nothing_runs, same_tables, work_of
from tests.faults.plants import AtCommit

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("sentence_transformers", "keybert", "dask_ml.cluster", "sklearn.metrics", "textblob")
# Workers without nannies, which nobody starts again, and which are given up after seconds.
SETTINGS = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10s", "OMP_NUM_THREADS": "1"}


@dataclass
class Cluster:
    """A scheduler and two workers, each a process."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


def process(*args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", *args], env=os.environ | SETTINGS, cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    file = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file")
    scheduler = process("distributed.cli.dask_scheduler", *options, str(file))
    worker = ("--scheduler-file", str(file), "--no-nanny", "--nthreads", "1", "--no-dashboard")
    # before they join: imports hold up a worker's heartbeats for longer than it may be silent
    worker += tuple(word for library in HEAVY for word in ("--preload", library))
    workers = [process("distributed.cli.dask_worker", *worker) for _ in range(2)]
    try:
        wait_for(file.exists, 60)
        yield Cluster(json.loads(file.read_text())["address"], scheduler, workers)
    finally:
        for each in (scheduler, *workers):
            each.kill()
            each.wait()


def test_a_late_writer_changes_nothing(
    place: Place, reference: Reference, processes: Cluster, tmp_path: Path
) -> None:
    """A worker stops on the last step of a commit, is given up, and goes on after the release."""
    out, markers = tmp_path / "out", tmp_path / "markers"
    markers.mkdir()
    with Client(processes.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
        client.register_plugin(AtCommit(markers, "stop", "features", "p00001"), name="stop")
    run = place.mine(out, scheduler=processes.address)
    assert run.end(120) == 0, run.told()
    (marker,) = markers.iterdir()
    stopped = next(w for w in processes.workers if w.pid == int(marker.read_text()))
    release = checked(out, LIMIT)
    same_tables(release, reference.release)
    work, half = work_of(out), list((out / "work" / "features").glob(".p00001*.tmp"))
    assert half  # what the stopped worker has written
    stopped.send_signal(signal.SIGCONT)
    stopped.wait(60)  # it finishes its piece, finds its scheduler has given it up, and ends
    assert work_of(out) == work
    assert not list((out / "work" / "features").glob(".*.tmp"))
    same_tables(checked(out, LIMIT), reference.release)
    processes.workers.remove(stopped)


def test_a_scheduler_that_dies_ends_the_run_in_bounded_time(
    place: Place, reference: Reference, processes: Cluster, tmp_path: Path
) -> None:
    out, markers = tmp_path / "out", tmp_path / "markers"
    markers.mkdir()
    with Client(processes.address, set_as_default=False) as client:
        client.register_plugin(AtCommit(markers, "hold", "features", "p00001"), name="hold")
    run = place.mine(out, scheduler=processes.address, MICROGENRES_DASK__WAIT_SECONDS="3")
    wait_for(lambda: list(markers.iterdir()), 60, run)
    processes.scheduler.kill()
    assert run.end(60) == 1, run.told()
    assert "the scheduler is gone" in run.told()
    (markers / "go").touch()
    wait_for(lambda: nothing_runs(place.server, out), 30)
    assert not (out / "latest").exists()

    again = place.mine(out)
    assert again.end(60) == 0, again.told()
    same_tables(checked(out, LIMIT), reference.release)


def test_no_workers_is_told_in_bounded_time(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file")
    scheduler = process("distributed.cli.dask_scheduler", *options, str(file))
    try:
        wait_for(file.exists, 60)
        address = json.loads(file.read_text())["address"]
        wait = {"MICROGENRES_DASK__WAIT_SECONDS": "1"}
        run = place.mine(tmp_path / "out", scheduler=address, **wait)
        assert run.end(60) == 1, run.told()
    finally:
        scheduler.kill()
        scheduler.wait()
    assert "no worker on the cluster for 1 s" in run.told()
    assert not (tmp_path / "out" / "latest").exists()
    gone = place.mine(tmp_path / "out", scheduler=address, **wait)
    assert gone.end(60) == 1, gone.told()
    assert "dask.scheduler" in gone.told()
