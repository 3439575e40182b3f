"""The Prefect server killed in mid-run: mining goes on, and its record is made whole."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from distributed import Client

from tests.faults.child import wait_for
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, checked, same_tables, work_of
from tests.faults.plants import AtCommit, planted

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).resolve().parents[2]


def children(pid: int) -> list[int]:
    """Processes whose parent is `pid`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
            found.append(int(entry.name))
    return found


@contextmanager
def run_held(
    place: Place, client: Client, out: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A run by command that waits in the middle of a piece until the block says `go`."""
    markers = out.with_name("markers")
    markers.mkdir()
    environment = environment | {
        "MICROGENRES_DASK__SCHEDULER": place.scheduler,
        "MICROGENRES_EMBED__MODEL": str(place.model),
        "MICROGENRES_EMBED__DTYPE": "float32",
    }
    command = [sys.executable, "-m", "flows.cli", "mine", "--profile", "sample", "--out", str(out)]
    with (
        planted(client, AtCommit(markers, "hold", "features", "p00001")),
        out.with_suffix(".log").open("wb") as told,
        subprocess.Popen(command, stdout=told, stderr=told, cwd=ROOT, env=environment) as run,
    ):
        try:
            wait_for(lambda: list(markers.iterdir()) or run.poll() is not None, 120)
            yield run
        finally:
            (markers / "go").touch()
            run.wait(120)


def test_an_embedded_server_that_dies_comes_back_and_nothing_stays_running(
    place: Place, reference: Reference, client: Client, tmp_path: Path
) -> None:
    out, home = tmp_path / "out", tmp_path / "home"
    environment = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
    with run_held(place, client, out, environment | {"PREFECT_HOME": str(home)}) as run:
        (server,) = children(run.pid)
        os.killpg(server, signal.SIGKILL)
    log = out.with_suffix(".log").read_text()
    assert run.returncode == 0, log
    assert "is started again" in log
    same_tables(checked(out, LIMIT), reference.release)
    with closing(sqlite3.connect(home / "prefect.db")) as record:
        (flow_run,) = record.execute("select state_type from flow_run").fetchall()
        tasks = dict(record.execute("select state_type, count(*) from task_run group by 1"))
    assert flow_run == ("COMPLETED",)
    assert set(tasks) == {"COMPLETED"}, tasks


def test_a_given_server_that_dies_for_good_costs_the_show_and_not_the_work(
    place: Place, reference: Reference, client: Client, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    start = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    environment = os.environ | {
        "PREFECT_HOME": str(tmp_path / "home"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_CLIENT_MAX_RETRIES": "1",
    }
    with subprocess.Popen(
        [sys.executable, *start], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment, start_new_session=True,
    ) as server:  # fmt: skip
        try:
            wait_for(lambda: answers(int(port)), 120)
            with run_held(place, client, out, environment) as run:
                os.killpg(server.pid, signal.SIGKILL)
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
    log = out.with_suffix(".log").read_text()
    assert run.returncode == 1, log
    assert "took no artifact" in log
    assert "error: the Prefect server at" in log
    same_tables(checked(out, LIMIT), reference.release)
    work = work_of(out)
    again = place.mine(out)
    assert again.end(60) == 0, again.told()
    assert work_of(out) == work


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
