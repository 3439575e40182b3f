"""The API and the explorer in a process of their own, for as long as something is measured."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flows.services.prefect_server import free_port

__all__ = ["Served", "answering", "api", "explorer", "served"]

START_SECONDS = 120.0


@dataclass(frozen=True)
class Served:
    """A service that answers: its address without a slash at the end, and its process id."""

    address: str
    pid: int


@contextmanager
def api(place: Path) -> Iterator[Served]:
    """The API over a release or an output folder, as soon as it answers."""
    option = "--release" if (place / "manifest.json").exists() else "--out"
    command = [sys.executable, "-m", "microgenres.cli.app", "serve", "api", option, str(place)]
    with served(command, "/health") as found:
        yield found


@contextmanager
def explorer(release: Path) -> Iterator[Served]:
    """The explorer over a release, as soon as it answers."""
    command = [
        sys.executable,
        "-m",
        "microgenres.cli.app",
        "serve",
        "app",
        "--release",
        str(release),
    ]
    with served(command, "/_stcore/health") as found:
        yield found


@contextmanager
def served(command: Sequence[str], health: str, port_option: str = "--port") -> Iterator[Served]:
    """What a command serves on a free port of this machine, as soon as its `health` answers."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [*command, port_option, str(port)], stdout=quiet, stderr=quiet
    ) as process:
        try:
            answering(address + health, process)
            yield Served(address, process.pid)
        finally:
            process.terminate()


def answering(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until `url` answers; SystemExit when its process ends, or when it takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.02)
    command = "" if process is None else f"; `{' '.join(map(str, process.args))}` shows why"  # type: ignore[arg-type]
    raise SystemExit(f"nothing answers at {url}{command}")
