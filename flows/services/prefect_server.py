"""The Prefect server of a run: the one of PREFECT_API_URL, or an embedded one with SQLite.

The embedded one is a process of its own on loopback, with its UI, is started again when it dies,
and ends with the run, whatever ends that. What it recorded stays in Prefect's home folder.
"""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flows.events import Address, emit
from flows.services.process import Kept, prefect_command
from pipeline.errors import MicrogenresError
from pipeline.observability.redaction import redact

__all__ = ["drop_what_is_queued", "prefect_server", "send_what_is_queued"]

_START_SECONDS = 120.0
_DRAIN_SECONDS = 30.0
_LEASES = "prefect.server.concurrency.lease_storage.filesystem"


@contextmanager
def prefect_server(log: Path, *, port: int | None = None, schedules: bool = False) -> Iterator[str]:
    """Yield the address of a Prefect API, starting an embedded server where there is none.

    Parameters
    ----------
    log : file that takes what the embedded server prints.
    port : of the embedded server; None for any that is free.
    schedules : let the embedded server schedule the runs of deployments.

    Raises
    ------
    MicrogenresError
        when the embedded server ends, or does not answer within two minutes.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    given = PREFECT_API_URL.value()
    if given:
        emit(Address("Prefect UI", redact(given.removesuffix("/api"))))
        yield given
        return
    port = port or free_port()
    url = f"http://127.0.0.1:{port}/api"
    command = prefect_command("server", "start", "--host", "127.0.0.1")
    command += ["--port", str(port), *([] if schedules else ["--no-scheduler", "--no-late-runs"])]
    environment = os.environ | {
        "PREFECT_UI_API_URL": url,
        "PREFECT_SERVER_UI_API_URL": url,
        "PREFECT_API_URL": "",
        # Kept in memory, they would be lost with a server that dies: its successor would take the
        # limit of a run that goes on from it, and end that run.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": _LEASES,
    }
    log.parent.mkdir(parents=True, exist_ok=True)

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    server = Kept("the embedded Prefect server", start)
    try:
        _wait(server.process, url, log)
        server.watch()
        emit(Address("Prefect UI", url.removesuffix("/api")))
        with temporary_settings({PREFECT_API_URL: url}):
            try:
                yield url
            finally:
                send_what_is_queued()
    finally:
        server.end()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise MicrogenresError(
                f"the embedded Prefect server ended with {server.returncode}; see {log}, "
                "or set PREFECT_API_URL to a server of yours"
            )
        with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
            return
        time.sleep(0.1)
    raise MicrogenresError(f"the embedded Prefect server did not answer in time; see {log}")


def drop_what_is_queued() -> None:
    """Forget events and logs for a server that is gone: each would be tried for seconds."""
    from prefect._internal.concurrency.services import _QueueServiceBase

    services: Any = _QueueServiceBase
    for service in tuple(services._instances.values()):
        with suppress(queue.Empty):
            while True:
                service._queue.get_nowait()


def send_what_is_queued() -> None:
    """End Prefect's senders of events and logs once they have sent all.

    They are kept for the life of the process and know the server they were started for, not the
    address: a second run in this process would send its own to the first one's server, now gone.
    """
    from prefect._internal.concurrency.services import _QueueServiceBase

    _QueueServiceBase.drain_all(timeout=_DRAIN_SECONDS)
