"""The Prefect server is killed during a run: mining continues, and the record is completed."""

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

from flows.services.embedded_server import free_port
from flows.services.prefect_home import home_of
from tests.faults.child import Child, wait_for
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, assert_same_tables, committed_work, verify_latest
from tests.faults.plants import AtCommit, plant_fault, use_prefect_home
from tests.support.prefect_process import PrefectProcess

pytestmark = pytest.mark.timeout(300)


def children(pid: int) -> list[int]:
    """Return the processes whose parent is `pid`."""
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
def hold_run(
    place: Place, client: Client, out: Path, home: Path, url: str | None
) -> Iterator[Child]:
    """Yield a run that waits in the middle of a piece until the block ends."""
    markers = out.with_name("markers")
    markers.mkdir()
    with plant_fault(client, AtCommit(markers, "hold", "features", "p00001")):
        run = place.mine(out, before=use_prefect_home, given=(home, url))
        try:
            wait_for(lambda: list(markers.iterdir()), 120, run)
            yield run
        finally:
            (markers / "go").touch()
            run.process.join(120)


def test_an_embedded_server_is_restarted_and_all_tasks_end(
    place: Place,
    reference: Reference,
    client: Client,
    prefect: PrefectProcess,
    tmp_path: Path,
) -> None:
    out, home = tmp_path / "out", prefect.empty_home(tmp_path / "home")
    with hold_run(place, client, out, home, None) as run:
        assert run.process.pid is not None
        (server,) = children(run.process.pid)
        os.killpg(server, signal.SIGKILL)
    log = run.output()
    assert run.end(1) == 0, log
    assert "is restarted" in log
    assert_same_tables(verify_latest(out, LIMIT), reference.release)
    with closing(sqlite3.connect(home_of(out) / "prefect.db")) as record:
        (flow_run,) = record.execute("select state_type from flow_run").fetchall()
        tasks = dict(record.execute("select state_type, count(*) from task_run group by 1"))
    assert flow_run == ("COMPLETED",)
    assert set(tasks) == {"COMPLETED"}, tasks


def test_a_lost_external_server_fails_the_run_but_not_its_work(
    place: Place,
    reference: Reference,
    client: Client,
    prefect: PrefectProcess,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    port = str(free_port())
    start = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    home, url = prefect.empty_home(tmp_path / "home"), f"http://127.0.0.1:{port}/api"
    environment = os.environ | {"PREFECT_HOME": str(home), "PREFECT_API_URL": ""}
    with subprocess.Popen(
        [sys.executable, *start],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    ) as server:
        try:
            wait_for(lambda: answers(int(port)), 120)
            with hold_run(place, client, out, home, url) as run:
                os.killpg(server.pid, signal.SIGKILL)
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
    log = run.output()
    assert run.end(1) == 1, log
    assert "did not accept an artifact" in log
    assert "error: the Prefect server at" in log
    assert_same_tables(verify_latest(out, LIMIT), reference.release)
    work = committed_work(out)
    again = place.mine(out)
    assert again.end(60) == 0, again.output()
    assert committed_work(out) == work


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
