"""The Prefect server of a run: a configured one is used, an embedded one ends with the run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from flows.events import Address, Event, listen
from flows.services.prefect_server import prefect_server
from pipeline.errors import MicrogenresError
from tests.support.compose import until
from tests.support.prefect_process import PrefectProcess, ask

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def home(prefect: PrefectProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder of Prefect with an empty database."""
    return prefect.empty_home(tmp_path_factory.mktemp("prefect") / "home")


@pytest.fixture
def alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Configure no server."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

    monkeypatch.setenv("PREFECT_HOME", str(home))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with temporary_settings({PREFECT_HOME: home}, restore_defaults={PREFECT_API_URL}):
        yield


def answers(url: str) -> bool:
    place = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((place.hostname, place.port)) == 0


def test_a_given_server_is_used_and_none_is_started(alone: None, tmp_path: Path) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    events: list[Event] = []
    log = tmp_path / "server.log"
    with (
        temporary_settings({PREFECT_API_URL: "http://prefect.invalid:4200/api"}),
        listen(events.append),
        prefect_server(log) as url,
    ):
        assert url == "http://prefect.invalid:4200/api"
    assert events == [Address("Prefect UI", "http://prefect.invalid:4200")]
    assert not log.exists()


def test_an_embedded_server_records_a_flow_and_ends(alone: None, tmp_path: Path) -> None:
    from prefect import flow, task
    from prefect.settings import PREFECT_API_URL

    @task(task_run_name="step {number}")
    def step(number: int) -> int:
        return number

    @flow(flow_run_name="a run")
    def run() -> int:
        return step(1) + step(2)

    events: list[Event] = []
    log, own = tmp_path / "logs" / "server.log", tmp_path / "own"
    with listen(events.append), prefect_server(log, own) as url:
        assert urlsplit(url).hostname == "127.0.0.1"
        assert PREFECT_API_URL.value() == url
        assert events == [Address("Prefect UI", url.removesuffix("/api"))]
        settings = ask(f"{url}/admin/settings")
        assert settings["server"]["analytics_enabled"] is False
        with urllib.request.urlopen(url.removesuffix("/api"), timeout=30) as page:
            assert b"<html" in page.read().lower()
        assert run() == 3
        (recorded,) = ask(f"{url}/flow_runs/filter", {})
        assert (recorded["name"], recorded["state_type"]) == ("a run", "COMPLETED")
        # the server stores task runs a moment after they end
        deadline = time.monotonic() + 120
        while sum(t["state_type"] == "COMPLETED" for t in ask(f"{url}/task_runs/filter", {})) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert PREFECT_API_URL.value() is None
    assert not answers(url)

    # The next server has the records of this one; the block ends with an error.
    with pytest.raises(ZeroDivisionError), prefect_server(tmp_path / "server.log", own) as url:
        tasks = ask(f"{url}/task_runs/filter", {})
        assert {(t["name"], t["state_type"]) for t in tasks} == {
            ("step 1", "COMPLETED"),
            ("step 2", "COMPLETED"),
        }
        raise ZeroDivisionError
    assert not answers(url)


RUN = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from flows.services.prefect_server import prefect_server\n"
    "with prefect_server(Path(sys.argv[1])) as url:\n"
    "    print(url, flush=True); time.sleep(600)\n"
)


@contextmanager
def run_with_server(home: Path, log: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process with an embedded server, which prints its address."""
    environment = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(log)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
        env=environment | {"PREFECT_HOME": str(home)},
    ) as run:
        try:
            yield run
        finally:
            run.kill()


def server_of(run: subprocess.Popen[str]) -> psutil.Process:
    return until(lambda: next(iter(psutil.Process(run.pid).children()), None), 60, "no server")


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.timeout(200)
def test_it_ends_with_a_killed_run_even_during_a_request(home: Path, tmp_path: Path) -> None:
    """The server was restarted before, and waits for the rest of a request."""
    with run_with_server(home, tmp_path / "server.log") as run:
        assert run.stdout is not None
        url = run.stdout.readline().strip()
        first = server_of(run)
        os.killpg(first.pid, signal.SIGKILL)
        until(
            lambda: server_of(run).pid != first.pid and answers(url),
            120,
            "the server is not restarted",
        )
        server, place = server_of(run), urlsplit(url)
        with socket.create_connection((place.hostname, place.port), timeout=10) as half:
            head = b"POST /api/flow_runs/filter HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"
            half.sendall(head)
            run.send_signal(signal.SIGKILL)
            until(lambda: ended(server), 60, "the server outlives the run")
    assert not answers(url)


def test_it_ends_with_a_run_killed_while_it_starts(home: Path, tmp_path: Path) -> None:
    with run_with_server(home, tmp_path / "server.log") as run:
        server = server_of(run)
        run.send_signal(signal.SIGKILL)
        until(lambda: ended(server), 60, "the server outlives the run")


def test_the_error_of_a_failed_start_names_the_log(alone: None, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "prefect.db").write_text("no database" * 100)
    log = tmp_path / "server.log"
    with (
        pytest.raises(MicrogenresError, match=r"ended with.*PREFECT_API_URL") as caught,
        prefect_server(log, own),
    ):
        pytest.fail("it started")
    assert str(log) in str(caught.value)
    assert log.stat().st_size
