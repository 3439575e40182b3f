"""The Prefect server of a run: that of PREFECT_API_URL, or an embedded one with SQLite.

The embedded server is a separate process on loopback with its UI. It is restarted when it dies, and
ends with the run, whatever ends the run. Its records stay in Prefect's home folder.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.events import Address, emit
from flows.services.prefect_queues import PrefectQueues
from flows.services.process import SupervisedProcess, prefect_command
from pipeline.errors import MicrogenresError
from pipeline.observability.redaction import redact

__all__ = ["prefect_server"]

_START_SECONDS = 120.0
_LEASES = "prefect.server.concurrency.lease_storage.filesystem"


@contextmanager
def prefect_server(log: Path, *, port: int | None = None, schedules: bool = False) -> Iterator[str]:
    """Yield the address of a Prefect API; start an embedded server if none is configured.

    Parameters
    ----------
    log : Path
        File for the output of the embedded server.
    port : int, optional
        Port of the embedded server; any free one by default.
    schedules : bool
        Whether the embedded server schedules the runs of deployments.

    Raises
    ------
    MicrogenresError
        If the embedded server ends, or does not answer within two minutes.
    """
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
        # In memory, leases would be lost when the server dies: the restarted one would reclaim the
        # concurrency limit of a run that is still going, and end that run.
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

    server = SupervisedProcess("the embedded Prefect server", start)
    try:
        _wait(server.process, url, log)
        server.watch()
        emit(Address("Prefect UI", url.removesuffix("/api")))
        with temporary_settings({PREFECT_API_URL: url}):
            try:
                yield url
            finally:
                PrefectQueues.drain()
    finally:
        server.end()


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise MicrogenresError(
                f"the embedded Prefect server ended with {server.returncode}; see {log}, "
                "or set PREFECT_API_URL to your own server"
            )
        with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
            return
        time.sleep(0.1)
    raise MicrogenresError(f"the embedded Prefect server did not answer in time; see {log}")
