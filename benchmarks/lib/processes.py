"""Processes that the durability benchmarks start, kill and restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lib.served import wait_until_healthy
from flows.services.embedded_server import free_port

__all__ = ["RestartableProcess", "Services", "start_services"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class RestartableProcess:
    """A process that can be killed and started again.

    Attributes
    ----------
    name : str
        Name in messages.
    command : list of str
        The command.
    environment : mapping of str to str
        Its environment variables.
    log : Path
        File to which its output is appended.
    process : Popen, optional
        The process, once it was started.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process unless it runs."""
        if self.has_ended():
            with self.log.open("ab") as output:
                self.process = subprocess.Popen(
                    self.command,
                    env=self.environment,
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )

    def has_ended(self) -> bool:
        """Return whether the process does not run."""
        return self.process is None or self.process.poll() is not None

    def wait(self) -> None:
        """Wait for the end of the process; SystemExit if its exit code is not 0."""
        code = None if self.process is None else self.process.wait()
        if code != 0:
            raise SystemExit(f"{self.name} ended with exit code {code}: see {self.log}")

    def kill(self) -> bool:
        """Kill the process and its group; return whether it was running."""
        if self.process is None or self.process.poll() is not None:
            return False
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return True


@dataclass
class Services:
    """A Prefect server and a Dask cluster.

    Attributes
    ----------
    environment : dict of str to str
        Environment variables of runs.
    processes : dict of str to RestartableProcess
        "server", "scheduler", "worker-0" and "worker-1".
    server, scheduler : str
        Address of the Prefect API and of the Dask scheduler.
    """

    environment: dict[str, str]
    processes: dict[str, RestartableProcess]
    server: str
    scheduler: str

    def create_run(self, out: Path, *options: str) -> RestartableProcess:
        """Return a run of `microgenres mine` into `out`; it is not started."""
        command = [
            sys.executable,
            "-m",
            "microgenres.cli.app",
            "mine",
            "--scheduler",
            self.scheduler,
            "--out",
            str(out),
            *options,
        ]
        return RestartableProcess("run", command, self.environment, out.with_suffix(".log"))


@contextmanager
def start_services(folder: Path, model: str | None = None) -> Iterator[Services]:
    """Start a Prefect server, a Dask scheduler and two workers, and kill them after the block.

    Parameters
    ----------
    folder : Path
        Folder for logs and temporary files.
    model : str, optional
        Folder of another embedding model than the bundled one.
    """
    server, scheduler = free_port(), free_port()
    address, cluster = f"http://127.0.0.1:{server}/api", f"tcp://127.0.0.1:{scheduler}"
    variables = {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1",
        "MICROGENRES_DASK__WAIT_SECONDS": "30",
    }
    if model:
        variables["MICROGENRES_EMBED__MODEL"] = model
    environment = os.environ | variables
    dask = [sys.executable, "-m"]
    commands = {
        "server": [
            sys.executable,
            "-m",
            "prefect",
            "server",
            "start",
            "--host",
            "127.0.0.1",
            "--port",
            str(server),
            "--no-scheduler",
            "--no-late-runs",
        ],
        "scheduler": [
            *dask,
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(scheduler),
            "--no-dashboard",
        ],
    } | {
        f"worker-{n}": [
            *dask,
            "distributed.cli.dask_worker",
            cluster,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--local-directory",
            str(folder / "dask"),
        ]
        for n in (0, 1)
    }
    service_environment = {k: v for k, v in environment.items() if k != "PREFECT_API_URL"}
    processes = {
        name: RestartableProcess(name, command, service_environment, folder / f"{name}.log")
        for name, command in commands.items()
    }
    try:
        for process in processes.values():
            process.start()
        wait_until_healthy(f"{address}/health")
        environment["PREFECT_API_URL"] = address
        yield Services(environment, processes, address, cluster)
    finally:
        for process in processes.values():
            process.kill()
