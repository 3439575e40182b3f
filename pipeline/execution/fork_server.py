"""The process from which the workers of a local cluster are forked, on Linux.

It imports once what every worker needs, so that a worker starts, or is replaced, within a fraction
of a second, and all of them share the memory of libraries and lexicons. It can be started before
Dask is imported. This module imports the standard library only.

Elsewhere each worker is a new interpreter: forked processes may not use some libraries of macOS.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from typing import Any

__all__ = ["START_METHOD", "WORKER_ENVIRONMENT", "start_fork_server"]

START_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
"""How the processes of workers are started: a method of `multiprocessing`."""

# One arithmetic thread per worker, since there is one worker per core. Libraries read these when
# they are imported, the allocator when the process starts.
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Encoding allocates and frees matrices of some MiB all the time. The allocator keeps them,
    # since new pages from the kernel cost more than the arithmetic.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    # The driver logs each failure once; a worker would log it a second time.
    "DASK_LOGGING__DISTRIBUTED": "critical",
}

_lock = threading.Lock()
_started: set[int] = set()  # processes, since a fork inherits this variable


def start_fork_server(modules: Sequence[str]) -> None:
    """Start the process, unless it runs; return without waiting for its imports.

    It ends with this process, whatever ends this one.

    Parameters
    ----------
    modules : sequence of str
        Names of modules that it imports. They must start no threads.
    """
    if START_METHOD != "forkserver":
        return
    with _lock:
        if os.getpid() in _started:
            return
        _started.add(os.getpid())
        multiprocessing.set_forkserver_preload(["__main__", *modules])
        resource_tracker.ensure_running()  # it would unblock interrupts
        with _environment(WORKER_ENVIRONMENT), _interrupts_blocked():
            forkserver.ensure_running()
        atexit.register(_end)


def _end() -> None:
    """End the process at once: it may still be importing, and holds the streams of this one."""
    server: Any = forkserver._forkserver
    if server._forkserver_pid is not None:
        with suppress(ProcessLookupError):
            os.kill(server._forkserver_pid, signal.SIGTERM)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that the block starts."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: the driver ends the workers itself."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
