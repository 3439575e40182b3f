"""One Prefect server for the tests of a session, used by a module or a package at a time."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.services.embedded_server import free_port
from flows.services.prefect_home import empty_database
from flows.services.prefect_queues import PrefectQueues
from flows.services.process import prefect_command
from tests.support.compose import until

__all__ = ["PrefectProcess", "ask", "prefect_process"]

_EMPTY = "empty.db"


@dataclass(frozen=True)
class PrefectProcess:
    """A running server: the address of its API, and its home folder."""

    url: str
    home: Path

    def empty_home(self, home: Path) -> Path:
        """Create a home folder with an empty database, which would take a server seconds.

        Servers with this home, and embedded ones of a user with this home, begin with it.
        """
        home.mkdir()
        for name in ("prefect.db", empty_database().name):
            shutil.copy(self.home / _EMPTY, home / name)
        return home

    @contextmanager
    def used(self) -> Iterator[str]:
        """Use this server for runs here and in new processes; yield its address.

        It also has the runs of other tests: query runs by name.
        """
        from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

        with (
            pytest.MonkeyPatch.context() as patch,
            temporary_settings({PREFECT_HOME: self.home, PREFECT_API_URL: self.url}),
        ):
            patch.setenv("PREFECT_HOME", str(self.home))
            patch.setenv("PREFECT_API_URL", self.url)
            try:
                yield self.url
            finally:
                PrefectQueues.drain()


@contextmanager
def prefect_process(home: Path) -> Iterator[PrefectProcess]:
    """Start a server with an empty database in `home`; it ends with the block or this process."""
    port = str(free_port())
    command = prefect_command(
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--no-scheduler",
        "--no-late-runs",
    )
    log, url = home / "server.log", f"http://127.0.0.1:{port}/api"
    environment = os.environ | {"PREFECT_HOME": str(home), "PREFECT_API_URL": ""}
    with (
        open(log, "wb") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        ) as process,
    ):
        try:
            until(lambda: _answers(url, process), 120, f"the server does not start: see {log}")
            with (
                closing(sqlite3.connect(home / "prefect.db")) as record,
                closing(sqlite3.connect(home / _EMPTY)) as empty,
            ):
                record.backup(empty)
            yield PrefectProcess(url, home)
        finally:
            process.terminate()


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the server has ended"
    with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
        return True
    return False


def ask(url: str, question: dict[str, Any] | None = None, method: str | None = None) -> Any:
    """Send a request to a Prefect server, with a body if `question` is given; return its JSON."""
    data = None if question is None else json.dumps(question).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = answer.read()
    return json.loads(body) if body else None
