"""The processes that the measurements of durability start, kill, and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lib.served import answering
from flows.services.prefect_server import free_port

__all__ = ["Part", "Place", "everything"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Part:
    """A process that is started again whenever it is gone."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Start it unless it runs."""
        if self.gone():
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

    def gone(self) -> bool:
        """Whether it does not run."""
        return self.process is None or self.process.poll() is not None

    def wait(self) -> None:
        """Wait for its end, which must be a good one."""
        code = None if self.process is None else self.process.wait()
        if code != 0:
            raise SystemExit(f"{self.name} ended with {code}: see {self.log}")

    def kill(self) -> bool:
        """SIGKILL it and its group; whether there was anything to kill."""
        if self.process is None or self.process.poll() is not None:
            return False
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return True


@dataclass
class Place:
    """Where runs take place: their environment, the processes around them, two addresses."""

    environment: dict[str, str]
    parts: dict[str, Part]
    server: str
    scheduler: str

    def run(self, out: Path, *options: str) -> Part:
        """A run of the bundled sample into `out`, not started yet."""
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
        return Part("run", command, self.environment, out.with_suffix(".log"))


@contextmanager
def everything(folder: Path, model: str | None = None) -> Iterator[Place]:
    """A Prefect server, a Dask scheduler and two workers in processes of their own."""
    server, scheduler = free_port(), free_port()
    address, cluster = f"http://127.0.0.1:{server}/api", f"tcp://127.0.0.1:{scheduler}"
    quiet = {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1",
        "MICROGENRES_DASK__WAIT_SECONDS": "30",
    }
    named = {"MICROGENRES_EMBED__MODEL": model} if model else {}
    environment = os.environ | quiet | named
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
    of_server = {k: v for k, v in environment.items() if k != "PREFECT_API_URL"}
    parts = {
        name: Part(name, command, of_server, folder / f"{name}.log")
        for name, command in commands.items()
    }
    try:
        for part in parts.values():
            part.up()
        answering(f"{address}/health")
        environment["PREFECT_API_URL"] = address
        yield Place(environment, parts, address, cluster)
    finally:
        for part in parts.values():
            part.kill()
