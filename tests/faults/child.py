"""Run the command line in new processes, forked from one that has imported everything."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import dask
from distributed.utils import get_mp_context

__all__ = ["FORKED", "Child", "forked", "start", "start_process", "wait_for"]

# Modules that take seconds to import, imported once for runs and workers; none starts a thread.
_PRELOADED = [
    "microgenres.cli.app",
    "flows.mining.flow",
    "microgenres.cli.output.release",
    "tests.faults.child",
    "tests.faults.plants",
    "dask_ml.cluster",
    "keybert",
    "sklearn.cluster",
    "sklearn.manifold",
    "textblob",
    "sentence_transformers",
    "plotly.graph_objects",
    "distributed.nanny",
]
FORKED = {"distributed.worker.multiprocessing-method": "forkserver"}
with dask.config.set(FORKED):
    _FORKS: Any = get_mp_context()  # sets the list of Dask; ours replaces it
_FORKS.set_forkserver_preload(_PRELOADED)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the nanny of a worker does


@dataclass
class Child:
    """A running process in its own process group; `log` has its output."""

    process: ForkServerProcess
    log: Path

    def end(self, seconds: float = 60.0) -> int:
        """Wait for the end; return the exit code, or minus the signal that killed the process.

        After `seconds` the process is killed, and the test fails.
        """
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.kill()
            raise AssertionError(f"still running after {seconds} s:\n{self.output()}")
        return self.process.exitcode

    def kill(self) -> None:
        """Kill the process and its group."""
        assert self.process.pid is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()

    def output(self) -> str:
        """Return what it has printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def start(
    log: Path,
    args: Sequence[object],
    environment: Mapping[str, str] | None = None,
    before: Callable[..., object] | None = None,
    *given: Any,
) -> Child:
    """Start `microgenres ARGS` in a process that first calls `before(*given)`."""
    # the fork server may have started before the tests had this Prefect server
    prefect = {name: text for name, text in os.environ.items() if name.startswith("PREFECT_")}
    work = (log, [str(arg) for arg in args], {**prefect, **(environment or {})}, before, given)
    process = _FORKS.Process(target=_command, args=work)
    process.start()
    return Child(process, log)


def start_process(function: Callable[..., object], *given: Any) -> ForkServerProcess:
    """Start an importable function in a new process."""
    process: ForkServerProcess = _FORKS.Process(target=function, args=given)
    process.start()
    return process


def forked(function: Callable[..., object], *given: Any, seconds: float = 60.0) -> int:
    """Call an importable function in a new process; return the exit code."""
    process = start_process(function, *given)
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"{function.__name__} still runs after {seconds} s")
    return process.exitcode


def wait_for(what: Callable[[], object], seconds: float, child: Child | None = None) -> None:
    """Wait until `what()` is true; fail if `child` ends before."""
    deadline = time.monotonic() + seconds
    while not what():
        output = child.output() if child else ""
        assert time.monotonic() < deadline, f"not true after {seconds} s\n{output}"
        assert child is None or child.process.exitcode is None, f"it ended too soon\n{output}"
        time.sleep(0.01)


def _command(
    log: Path,
    args: list[str],
    environment: dict[str, str],
    before: Callable[..., object] | None,
    given: tuple[Any, ...],
) -> None:
    os.setsid()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(environment)
    if before is not None:
        before(*given)
    sys.argv = ["microgenres", *args]
    importlib.import_module("microgenres.cli.app").main()
