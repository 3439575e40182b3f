"""Faults: plugins for Dask workers, and steps at which a process kills itself.

The faults of workers occur while a piece is committed: its table is written under a temporary name,
and is not yet visible.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from distributed import Client, WorkerPlugin

__all__ = [
    "AtCommit",
    "die",
    "die_before_step",
    "die_while_publishing",
    "plant_fault",
    "stop_before_workers_start",
    "use_prefect_home",
]

SECONDS = 60.0  # longest wait of a fault for its test


class _Patch(WorkerPlugin):
    """Replace a function of a module in each worker, and restore it."""

    module: str
    function: str

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        raise NotImplementedError

    def setup(self, worker: object) -> None:
        self.home = __import__(self.module, fromlist=[self.function])
        self.real = getattr(self.home, self.function)
        setattr(self.home, self.function, self.around(self.real))

    def teardown(self, worker: object) -> None:
        setattr(self.home, self.function, self.real)


class AtCommit(_Patch):
    """Kill or stop a worker that has written the table of a piece and not renamed it.

    Parameters
    ----------
    folder : Path
        Folder for marker files, STAGE.struck or STAGE-PIECE.struck.
    how : {"kill", "stop", "hold"}
        SIGKILL, SIGSTOP, or wait until `folder` has a file `go`.
    stage, piece : str
        Where; "" for all.
    times : int
        Number of faults of each stage or piece.
    """

    module, function = "pipeline.storage.commit_attempt", "write_table"

    def __init__(
        self, folder: Path, how: str = "kill", stage: str = "", piece: str = "", times: int = 1
    ) -> None:
        self.folder, self.how, self.stage, self.piece, self.times = folder, how, stage, piece, times

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def write(path: Path, table: pa.Table, **options: Any) -> Any:
            written = real(path, table, **options)
            stage = path.parent.name
            key = path.name.lstrip(".").split("-")[0]
            if self.stage in ("", stage) and self.piece in ("", key):
                name = f"{stage}-{key}" if self.piece else stage
                if self._first(name):
                    self._strike()
            return written

        return write

    def _first(self, name: str) -> bool:
        for turn in range(self.times):
            try:
                marker = self.folder / f"{name}.{turn}.struck"
                marker.open("x").write(str(os.getpid()))
            except FileExistsError:
                continue
            return True
        return False

    def _strike(self) -> None:
        if self.how == "hold":
            deadline = time.monotonic() + SECONDS
            while not (self.folder / "go").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
        elif self.how == "stop":
            # to this thread: a signal to the process could arrive after the rename
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        else:
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def plant_fault(client: Client, plugin: WorkerPlugin, name: str = "fault") -> Iterator[None]:
    """Plant a fault in all workers of a cluster, also those that start later."""
    client.register_plugin(plugin, name=name)
    try:
        yield
    finally:
        client.unregister_worker_plugin(name)


def die() -> None:
    """End this process as the OOM killer or a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


# Each changes the disk, or makes a change durable.
_STEPS = ("rename", "replace", "link", "unlink", "mkdir", "fsync", "rmdir")


def die_before_step(number: int) -> list[str]:
    """Let this process die before its step of that number, counted from 1.

    Returns
    -------
    list of str
        Names of the steps taken; it grows with each step.
    """
    taken: list[str] = []

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            taken.append(name)
            if len(taken) == number:
                die()
            return real(*args, **kwargs)

        return step

    for name in _STEPS:
        setattr(os, name, wrapped(name, getattr(os, name)))
    return taken


def die_while_publishing(moment: str) -> None:
    """Let this process die before or after a call in `release_store`.

    Parameters
    ----------
    moment : str
        `before FUNCTION` or `after FUNCTION`, for example `after write_new`.
    """
    from pipeline.storage import release_store

    when, name = moment.split()
    real = getattr(release_store, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        result = real(*args, **kwargs)
        die()
        return result

    setattr(release_store, name, call)


def stop_before_workers_start(pid: int) -> None:
    """Stop a process (SIGSTOP) when a run in this process is about to start the workers."""
    from flows.mining import flow as mine

    real = mine.start_workers

    def call(run: Any) -> Any:
        assert run.client.status == "running"  # a run connects at the first use of its client
        os.kill(pid, signal.SIGSTOP)
        return real(run)

    mine.start_workers = call


_ENTERED: list[object] = []  # keeps the settings until the process ends


def use_prefect_home(home: Path, url: str | None) -> None:
    """Use this Prefect home and this server, or no server if `url` is None."""
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_CLIENT_MAX_RETRIES,
        PREFECT_HOME,
        temporary_settings,
    )

    os.environ.pop("PREFECT_API_URL", None)
    os.environ["PREFECT_HOME"] = str(home)
    wanted = {PREFECT_HOME: home, PREFECT_CLIENT_MAX_RETRIES: 1 if url else 5}
    given = temporary_settings(
        wanted | ({PREFECT_API_URL: url} if url else {}),
        restore_defaults=set() if url else {PREFECT_API_URL},
    )
    given.__enter__()
    _ENTERED.append(given)
