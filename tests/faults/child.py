"""Runs of the command line in processes of their own, forked from one that has all imported."""

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

__all__ = ["FORKED", "Child", "fork", "forked", "start", "wait_for"]

# What takes seconds to import is imported once, for runs and for workers; none starts a thread.
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
    _FORKS: Any = get_mp_context()  # Dask has its own list of what to import: ours comes after
_FORKS.set_forkserver_preload(_PRELOADED)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the nanny of a worker sets it


@dataclass
class Child:
    """A process under way, in a group of its own; `log` takes what it prints."""

    process: ForkServerProcess
    log: Path

    def end(self, seconds: float = 60.0) -> int:
        """Its exit code, minus the signal where one killed it; it is killed after `seconds`."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.kill()
            raise AssertionError(f"not at an end after {seconds} s:\n{self.told()}")
        return self.process.exitcode

    def kill(self) -> None:
        """SIGKILL it and all that it started in its group."""
        assert self.process.pid is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()

    def told(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def start(
    log: Path,
    args: Sequence[object],
    environment: Mapping[str, str] | None = None,
    before: Callable[..., object] | None = None,
    *given: Any,
) -> Child:
    """Begin `microgenres ARGS`; `before(*given)` is called first, in that process."""
    # the process that is forked may have begun before the tests had this Prefect server
    prefect = {name: told for name, told in os.environ.items() if name.startswith("PREFECT_")}
    work = (log, [str(arg) for arg in args], {**prefect, **(environment or {})}, before, given)
    process = _FORKS.Process(target=_command, args=work)
    process.start()
    return Child(process, log)


def fork(function: Callable[..., object], *given: Any) -> ForkServerProcess:
    """Begin an importable function in a fresh process."""
    process: ForkServerProcess = _FORKS.Process(target=function, args=given)
    process.start()
    return process


def forked(function: Callable[..., object], *given: Any, seconds: float = 60.0) -> int:
    """Call an importable function in a fresh process; returns its exit code."""
    process = fork(function, *given)
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"{function.__name__} is not at an end after {seconds} s")
    return process.exitcode


def wait_for(what: Callable[[], object], seconds: float, child: Child | None = None) -> None:
    """Wait until `what()` is true, while `child` lives."""
    deadline = time.monotonic() + seconds
    while not what():
        told = child.told() if child else ""
        assert time.monotonic() < deadline, f"waited {seconds} s in vain\n{told}"
        assert child is None or child.process.exitcode is None, f"it ended too soon\n{told}"
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
