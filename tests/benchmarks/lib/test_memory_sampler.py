from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.lib.memory_sampler import _find_processes, run_sampled

# Starts two processes as Dask starts workers, and waits for its input to end.
START = """
import multiprocessing, sys, time
context = multiprocessing.get_context("METHOD")
for _ in range(2):
    context.Process(target=time.sleep, args=(60,), daemon=True).start()
print("started", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_are_found_however_they_start(method: str) -> None:
    command = [sys.executable, "-c", START.replace("METHOD", method)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as run:
        try:
            assert run.stdout is not None and run.stdout.readline() == "started\n"
            until = time.monotonic() + 20
            kinds: list[str] = []
            while kinds.count("worker") < 2 and time.monotonic() < until:
                kinds = [kind for _, kind in _find_processes(run.pid)]
        finally:
            run.kill()
    assert kinds.count("worker") == 2 and kinds[0] == "driver" and kinds.count("driver") == 1


def test_a_module_is_measured_from_start_to_end(tmp_path: Path) -> None:
    given = ["-s", "block = b'x' * 200_000_000", "-n", "1", "-r", "1", "import time; time.sleep(1)"]
    found = run_sampled("timeit", given, tmp_path / "run.log", recorded=False)
    assert 1 < found["wall_seconds"] < 60 and found["stage_mib"] == {}
    assert 190 < found["total_mib"] <= found["driver_mib"] + 20
    assert "loop" in (tmp_path / "run.log").read_text()


def test_the_end_of_the_log_explains_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_sampled("timeit", ["1/0"], tmp_path / "run.log", recorded=False)
