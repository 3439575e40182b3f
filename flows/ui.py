"""The Prefect UI with the miner's deployments, as one command: server, worker, deployments.

Whatever ends the command ends the server, the worker and the run that it carries.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flows.keeper import Kept
from flows.progress import Note, emit
from flows.server import end_with_parent, prefect_server, quiet_prefect
from pipeline.errors import MicrogenresError, SettingsError

__all__ = ["POOL", "deploy", "deployments_file", "serve_ui", "worker_command"]

logger = logging.getLogger(__name__)

POOL = "microgenres"
_DEPLOY_SECONDS = 180.0
# A run starts, and a cancelled one is ended, within seconds; Prefect's own pace is slower.
_PACE = {"PREFECT_WORKER_QUERY_SECONDS": "2", "PREFECT_WORKER_CANCELLATION_POLL_SECONDS": "5"}


def deployments_file() -> Path:
    """The `prefect.yaml` of the source tree, or of the folder that the command is given in.

    Raises
    ------
    SettingsError
        when there is none.
    """
    for folder in (Path(__file__).resolve().parents[1], Path.cwd()):
        if (folder / "prefect.yaml").is_file():
            return folder / "prefect.yaml"
    raise SettingsError("no prefect.yaml: give the command in the folder of the source tree")


def serve_ui(out: Path, catalogue: str, profile: str, port: int) -> None:
    """Run server, worker and deployments until a signal ends this process.

    Parameters
    ----------
    out : the folder below which each deployment has its output folder.
    catalogue, profile : what the nightly deployment mines, and with which settings.
    port : of the server, unless PREFECT_API_URL names one.
    """
    quiet_prefect()
    deployments = deployments_file()
    logs = out / "ui"
    logs.mkdir(parents=True, exist_ok=True)
    with (
        _ended_by_signals() as ended,
        prefect_server(logs / "prefect-server.log", port=port, schedules=True) as url,
    ):
        with (logs / "deploy.log").open("ab") as log:
            deploy(deployments, url, out.absolute(), catalogue, profile, log)
        with _worker({"PREFECT_API_URL": url}, logs / "prefect-worker.log"):
            emit(Note(f"start a run at {url.removesuffix('/api')}/deployments; Ctrl-C ends all"))
            ended.wait()


def deploy(
    deployments: Path, url: str, out: Path, catalogue: str, profile: str, log: IO[bytes] | None
) -> None:
    """Make the work pool and every deployment of a `prefect.yaml`, or bring them up to date.

    Parameters
    ----------
    url : of the Prefect API. out : the folder below which each deployment has its output folder.
    catalogue, profile : what the nightly deployment mines, and with which settings.
    log : takes what Prefect prints; None for standard error.

    Raises
    ------
    MicrogenresError
        when Prefect refuses.
    """
    environment = os.environ | {
        "PREFECT_API_URL": url,
        "MICROGENRES_UI_OUT": str(out),
        "MICROGENRES_UI_SOURCE": _whole(catalogue),
        "MICROGENRES_UI_PROFILE": profile,
    }
    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]
    commands = (
        [*prefect, "work-pool", "create", POOL, "--type", "process", "--overwrite"],
        [*prefect, "deploy", "--all", "--prefect-file", str(deployments)],
    )
    for command in commands:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log or sys.stderr,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=deployments.parent,
            check=False,
            timeout=_DEPLOY_SECONDS,
        )
        if done.returncode:
            where = f"see {log.name}" if log else "see above"
            raise MicrogenresError(f"the deployments could not be made, {where}")


def worker_command() -> list[str]:
    """What starts a worker for the runs of our pool."""
    prefect = [sys.executable, "-m", "prefect", "worker", "start"]
    return [*prefect, "--pool", POOL, "--type", "process", "--name", "microgenres-ui"]


@contextmanager
def _worker(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                worker_command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**_PACE, **os.environ, **environment},
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 (one system call, no locks)
            )

    worker = Kept("the Prefect worker", start)
    worker.watch()
    try:
        yield
    finally:
        worker.end()


@contextmanager
def _ended_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM sets; SIGINT raises KeyboardInterrupt, as everywhere."""
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        yield ended
    finally:
        signal.signal(signal.SIGTERM, before)


def _whole(catalogue: str) -> str:
    """A source whose path holds wherever a run is started."""
    kind, found, path = catalogue.partition(":")
    return f"{kind}:{Path(path).absolute()}" if found and kind == "files" else catalogue
