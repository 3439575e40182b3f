"""Serve a release with the API or the explorer in a separate process, while it is measured."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flows.services.embedded_server import free_port

__all__ = ["Served", "serve", "serve_api", "serve_explorer", "wait_until_healthy"]

START_SECONDS = 120.0


@dataclass(frozen=True)
class Served:
    """A running service.

    Attributes
    ----------
    address : str
        URL without a slash at the end.
    pid : int
        Process id.
    """

    address: str
    pid: int


@contextmanager
def serve_api(folder: Path) -> Iterator[Served]:
    """Serve the API of a release or an output folder."""
    option = "--release" if (folder / "manifest.json").exists() else "--out"
    command = [sys.executable, "-m", "microgenres.cli.app", "serve", "api", option, str(folder)]
    with serve(command, "/health") as service:
        yield service


@contextmanager
def serve_explorer(release: Path) -> Iterator[Served]:
    """Serve the explorer of a release."""
    command = [
        sys.executable,
        "-m",
        "microgenres.cli.app",
        "serve",
        "app",
        "--release",
        str(release),
    ]
    with serve(command, "/health") as service:
        yield service


@contextmanager
def serve(command: Sequence[str], health: str, port_option: str = "--port") -> Iterator[Served]:
    """Run a command that serves on a free port, and stop it after the block.

    Parameters
    ----------
    command : sequence of str
        The command without a port.
    health : str
        Path that answers when the service is ready.
    port_option : str
        Option of the command for the port.

    Yields
    ------
    Served
        The service, once it is ready.

    Raises
    ------
    SystemExit
        If it does not start.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [*command, port_option, str(port)], stdout=quiet, stderr=quiet
    ) as process:
        try:
            wait_until_healthy(address + health, process)
            yield Served(address, process.pid)
        finally:
            process.terminate()


def wait_until_healthy(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until `url` answers.

    Raises
    ------
    SystemExit
        If the process ends before, or there is no answer in START_SECONDS.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.02)
    command = "" if process is None else f"; `{' '.join(map(str, process.args))}` shows why"  # type: ignore[arg-type]
    raise SystemExit(f"nothing answers at {url}{command}")
