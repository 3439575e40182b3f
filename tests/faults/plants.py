"""Faults to plant: plugins for Dask workers, and steps at which a process kills itself.

Nothing in the product knows of them. A worker's commit of a piece is where they strike: its table
is computed and written under a temporary name, and nothing says yet that it exists.
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
    "own_prefect",
    "planted",
    "publishing",
    "stop_before_workers_start",
]

SECONDS = 60.0  # the longest that a fault waits for its test


class _Patch(WorkerPlugin):
    """Replaces a function of a module in each worker, and puts it back."""

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
    """Strikes in a worker that has written a piece's table and not renamed it yet.

    Parameters
    ----------
    folder : takes the marker files, STAGE.struck or STAGE-PIECE.struck.
    how : `kill`, `stop` (SIGSTOP), `hold` (until the file `go` is in `folder`).
    stage, piece : where; "" for everywhere.
    times : how often at each place.
    """

    module, function = "pipeline.storage.work_store", "write_table"

    def __init__(
        self, folder: Path, how: str = "kill", stage: str = "", piece: str = "", times: int = 1
    ) -> None:
        self.folder, self.how, self.stage, self.piece, self.times = folder, how, stage, piece, times

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def write(path: Path, table: pa.Table) -> Any:
            made = real(path, table)
            stage = path.parent.name
            key = path.name.lstrip(".").split("-")[0]
            if self.stage in ("", stage) and self.piece in ("", key):
                name = f"{stage}-{key}" if self.piece else stage
                if self._first(name):
                    self._strike()
            return made

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
            # to this very thread: sent to the process, it could go on for a while, to the rename
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        else:
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def planted(client: Client, plugin: WorkerPlugin, name: str = "fault") -> Iterator[None]:
    """Plant a fault in all workers of a cluster, those that are yet to come too."""
    client.register_plugin(plugin, name=name)
    try:
        yield
    finally:
        client.unregister_worker_plugin(name)


def die() -> None:
    """End this very process as an oom-killer or a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


# Each is a change of the disk, or what makes one last.
_STEPS = ("rename", "replace", "link", "unlink", "mkdir", "fsync", "rmdir")


def die_before_step(number: int) -> list[str]:
    """Make this process die before the step of that number, counted from 1, that it takes.

    Returns
    -------
    list of str
        to which the steps taken are added, by name.
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


def publishing(moment: str) -> None:
    """Make this process die while it publishes: before or after a call of `releases`.

    Parameters
    ----------
    moment : `before FUNCTION` or `after FUNCTION`, such as `after write_new`.
    """
    from pipeline.storage import release_store

    when, name = moment.split()
    real = getattr(release_store, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        made = real(*args, **kwargs)
        die()
        return made

    setattr(release_store, name, call)


def stop_before_workers_start(pid: int) -> None:
    """Stop a process (SIGSTOP) when a run of this one is about to ask the workers to start."""
    from flows.mining import flow as mine

    real = mine.start_workers

    def call(*args: Any) -> Any:
        os.kill(pid, signal.SIGSTOP)
        return real(*args)

    mine.start_workers = call


_ENTERED: list[object] = []  # for the life of the process


def own_prefect(home: Path, url: str | None) -> None:
    """This process has a Prefect home of its own, and that server, or none given."""
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
