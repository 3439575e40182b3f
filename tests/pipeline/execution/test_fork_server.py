"""The process from which local workers are forked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.execution.cluster import local_cluster
from pipeline.execution.fork_server import START_METHOD, WORKER_ENVIRONMENT
from pipeline.settings import DaskSettings

pytestmark = pytest.mark.skipif(START_METHOD != "forkserver", reason="Linux only")

SLOW = "import time\ntime.sleep(60)\n"
STARTS = """
import sys
from multiprocessing import forkserver
from pipeline.execution.fork_server import start_fork_server
if __name__ == "__main__":
    start_fork_server(["slow_to_import"])
    start_fork_server(["another"])
    print(forkserver._forkserver._forkserver_pid, flush=True)
    if "wait" in sys.argv:
        sys.stdin.read()
"""


def _script(folder: Path) -> list[str]:
    (folder / "slow_to_import.py").write_text(SLOW, encoding="utf-8")
    script = folder / "starts.py"
    script.write_text(STARTS, encoding="utf-8")
    return [sys.executable, str(script)]


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{os.getcwd()}"}


def test_it_ends_with_its_process_while_it_still_imports(tmp_path: Path) -> None:
    """It holds the streams of the command: a caller would wait for its end."""
    started = time.monotonic()
    done = subprocess.run(
        _script(tmp_path), capture_output=True, check=True, env=_environment(tmp_path), timeout=50
    )
    assert time.monotonic() - started < 30
    assert done.stderr == b""
    assert _has_ended(int(done.stdout))


def test_an_interrupt_of_the_terminal_does_not_reach_it(tmp_path: Path) -> None:
    command = [*_script(tmp_path), "wait"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(tmp_path)
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        server = psutil.Process(int(process.stdout.readline()))
        server.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert server.status() != psutil.STATUS_ZOMBIE
        assert server.environ()["OMP_NUM_THREADS"] == "1"
        process.stdin.close()


def test_a_worker_has_the_environment_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process from which it is forked may have been started before."""
    with local_cluster(DaskSettings(workers=1)):
        pass
    monkeypatch.setenv("MICROGENRES_TEST", "set later")
    with local_cluster(DaskSettings(workers=1)) as client:
        (environment,) = client.run(_environment_of_worker).values()
    assert environment["MICROGENRES_TEST"] == "set later"
    assert environment.items() >= WORKER_ENVIRONMENT.items()


def test_a_killed_worker_is_replaced() -> None:
    with local_cluster(DaskSettings(workers=1)) as client:
        (before,) = client.run(os.getpid).values()
        os.kill(before, signal.SIGKILL)
        deadline = time.monotonic() + 30
        pids = {before}
        while (not pids or before in pids) and time.monotonic() < deadline:
            time.sleep(0.1)
            pids = set(client.run(os.getpid, on_error="return").values())
        (after,) = pids
        assert isinstance(after, int)
        assert after != before


def _has_ended(pid: int) -> bool:
    """Return whether a process ends within seconds."""
    try:
        process = psutil.Process(pid)
        for _ in range(50):
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
            time.sleep(0.1)
    except psutil.NoSuchProcess:
        return True
    return False


def _environment_of_worker() -> dict[str, str]:
    return dict(os.environ)
