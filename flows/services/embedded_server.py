"""The embedded Prefect server as a process; it can be started before Prefect is imported here.

Prefect takes a second to import, its server two to start: a command does both at the same time.
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

from flows.services.prefect_home import prepare_home, save_empty_database, user_home
from flows.services.process import SupervisedProcess, prefect_command
from pipeline.errors import MicrogenresError

__all__ = ["EmbeddedServer", "early_server", "embedded_server", "free_port"]

_START_SECONDS = 120.0
_POLL_SECONDS = 0.03
_LEASES = "prefect.server.concurrency.lease_storage.filesystem"
# Where Prefect looks for the address of a server: variables, a file in its home folder, and files
# in the current folder.
_VARIABLES = ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH")
_HOME_FILE = "profiles.toml"
_HERE_FILES = (".env", "prefect.toml", "pyproject.toml")

_early: list[EmbeddedServer] = []  # started by `early_server`, and not used yet


class EmbeddedServer:
    """A Prefect server with SQLite on loopback, with its UI; it starts when the object is created.

    Parameters
    ----------
    log : Path
        File for its output.
    home : Path, optional
        Folder for its database; by default `prefect` beside the log.
    port : int, optional
        Its port; any free one by default.
    schedules : bool
        Whether it schedules the runs of deployments.

    Attributes
    ----------
    url : str
        Address of its API.
    """

    def __init__(
        self,
        log: Path,
        home: Path | None = None,
        *,
        port: int | None = None,
        schedules: bool = False,
    ) -> None:
        self.log, port = log, port or free_port()
        self.home = home or log.parent / "prefect"
        settings, self._is_new = prepare_home(self.home)
        self.url = f"http://127.0.0.1:{port}/api"
        command = prefect_command("server", "start", "--host", "127.0.0.1", "--port", str(port))
        command += [] if schedules else ["--no-scheduler", "--no-late-runs"]
        environment = (
            os.environ
            | settings
            | {
                "PREFECT_UI_API_URL": self.url,
                "PREFECT_SERVER_UI_API_URL": self.url,
                "PREFECT_API_URL": "",
                "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
                # In memory, leases would be lost when the server dies: the restarted one would
                # reclaim the concurrency limit of a run that is still going, and end that run.
                "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": _LEASES,
            }
        )
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

        self._supervised = SupervisedProcess("the embedded Prefect server", start)

    def wait(self) -> None:
        """Wait until it answers; from then on it is restarted when it dies.

        Raises
        ------
        MicrogenresError
            If it ends, or does not answer within two minutes.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            code = self._supervised.process.poll()
            if code is not None:
                raise MicrogenresError(
                    f"the embedded Prefect server ended with {code}; see {self.log}, "
                    "or set PREFECT_API_URL to your own server"
                )
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/health", timeout=5):
                self._supervised.watch()
                if self._is_new:
                    save_empty_database(self.home)
                return
            time.sleep(_POLL_SECONDS)
        raise MicrogenresError(
            f"the embedded Prefect server did not answer in time; see {self.log}"
        )

    def end(self) -> None:
        """End it, also after restarts."""
        self._supervised.end()


@contextmanager
def early_server(log: Path, home: Path | None = None) -> Iterator[None]:
    """Start a server that a run inside the block will use, unless Prefect is set to use another.

    Parameters
    ----------
    log : Path
        File for the output of the server, as the run names it.
    home : Path, optional
        As for `EmbeddedServer`.
    """
    if not _is_configured():
        with suppress(OSError):  # the run then reports what is wrong with its folder
            _early.append(EmbeddedServer(log, home))
    try:
        yield
    finally:
        while _early:  # the run ended before it used it
            _early.pop().end()


@contextmanager
def embedded_server(
    log: Path, home: Path | None = None, *, port: int | None = None, schedules: bool = False
) -> Iterator[EmbeddedServer]:
    """Yield a server that answers: that of `early_server` if the log has one, or a new one.

    Parameters
    ----------
    log, home, port, schedules
        As for `EmbeddedServer`.

    Raises
    ------
    MicrogenresError
        If it ends, or does not answer within two minutes.
    """
    plain = port is None and not schedules
    early = plain and _early and _early[-1].log.absolute() == log.absolute()
    server = _early.pop() if early else EmbeddedServer(log, home, port=port, schedules=schedules)
    try:
        server.wait()
        yield server
    finally:
        server.end()


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_configured() -> bool:
    """Return whether Prefect may be set to use another server, without importing it.

    If in doubt it is: then the server starts later, when Prefect has read its settings.
    """
    if any(os.environ.get(name) for name in _VARIABLES):
        return True
    files = [user_home() / _HOME_FILE, *map(Path, _HERE_FILES)]
    return any(_names_a_server(path) for path in files)


def _names_a_server(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8", errors="replace").casefold()
    except OSError:
        return False
    if path.name == "prefect.toml":
        return "url" in text
    return "prefect_api_url" in text or "tool.prefect" in text
