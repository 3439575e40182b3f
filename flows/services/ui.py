"""The Prefect UI with the deployments of the miner, in one command: server, worker, deployments.

The server, the worker and its run end with the command, whatever ends it.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flows.events import Note, emit
from flows.services.deployments import POOL, deploy, deployments_file
from flows.services.prefect_home import home_of
from flows.services.prefect_server import prefect_server
from flows.services.process import SupervisedProcess, prefect_command

__all__ = ["serve_ui", "worker_command"]

logger = logging.getLogger(__name__)

# Runs start, and cancelled runs end, within seconds; the defaults of Prefect are slower.
_INTERVALS = {"PREFECT_WORKER_QUERY_SECONDS": "2", "PREFECT_WORKER_CANCELLATION_POLL_SECONDS": "5"}


def serve_ui(out: Path, catalogue: str, profile: str, port: int) -> None:
    """Run server, worker and deployments until a signal ends this process.

    Parameters
    ----------
    out : Path
        The folder that contains the output folder of each deployment.
    catalogue : str
        Source of the nightly deployment.
    profile : str
        Profile of all deployments but that of the sample.
    port : int
        Port of the server, unless PREFECT_API_URL names one.
    """
    deployments = deployments_file()
    logs = out / "ui"
    logs.mkdir(parents=True, exist_ok=True)
    with (
        _ended_by_signals() as ended,
        prefect_server(logs / "prefect-server.log", home_of(out), port=port, schedules=True) as url,
    ):
        with (logs / "deploy.log").open("ab") as log:
            deploy(deployments, url, out.absolute(), catalogue, profile, log)
        with _worker({"PREFECT_API_URL": url}, logs / "prefect-worker.log"):
            emit(Note(f"start a run at {url.removesuffix('/api')}/deployments; Ctrl-C ends all"))
            ended.wait()


def worker_command() -> list[str]:
    """Return the command for a worker of the pool; it ends with this process."""
    options = ("--pool", POOL, "--type", "process", "--name", "microgenres-ui")
    return prefect_command("worker", "start", *options)


@contextmanager
def _worker(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                worker_command(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**_INTERVALS, **os.environ, **environment},
                start_new_session=True,
            )

    worker = SupervisedProcess("the Prefect worker", start)
    worker.watch()
    try:
        yield
    finally:
        worker.end()


@contextmanager
def _ended_by_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM sets; SIGINT raises KeyboardInterrupt as usual."""
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        yield ended
    finally:
        signal.signal(signal.SIGTERM, before)
