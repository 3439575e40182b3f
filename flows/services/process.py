"""Processes that a run needs: restarted when they die, and ended with the run.

`python -m flows.services.process prefect ARGUMENTS` runs Prefect's command line until its parent
ends. Standard input is a pipe whose other end the parent holds and never writes to. The kernel
closes it whatever ends the parent, on Linux and macOS alike.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from pipeline.imports import load, no_collection

__all__ = ["SupervisedProcess", "main", "prefect_command"]

logger = logging.getLogger(__name__)


_RESTARTS = 5  # a process that dies more often is given up
_STOP_SECONDS = 10.0
_GRACE_SECONDS = 5.0


class SupervisedProcess:
    """A process in its own process group, restarted whenever it dies, until `end`.

    Parameters
    ----------
    name : str
        Its name in the log.
    start : callable
        Starts it and returns the process.
    """

    def __init__(self, name: str, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.name, self._start = name, start
        self.process = start()
        self._ending = False
        self._lock = threading.Lock()
        self._watch: threading.Thread | None = None

    def watch(self) -> None:
        """Restart it from now on when it dies; before, the caller reports its death."""
        self._watch = threading.Thread(
            target=self._supervise, name=f"supervise-{self.name}", daemon=True
        )
        self._watch.start()

    def end(self) -> None:
        """End the process and those that it started, also after restarts."""
        with self._lock:
            self._ending = True
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self._watch is not None:
            self._watch.join()
        _close_input(self.process)

    def _supervise(self) -> None:
        for _ in range(_RESTARTS):
            code = self.process.wait()
            with self._lock:
                if self._ending:
                    return
                logger.warning("%s ended with %d and is restarted", self.name, code)
                _close_input(self.process)
                self.process = self._start()
        self.process.wait()
        if not self._ending:
            logger.error("%s has died %d times and is not restarted", self.name, _RESTARTS + 1)


def _close_input(process: subprocess.Popen[bytes]) -> None:
    """Close this end of the pipe of a process that has ended."""
    if process.stdin is not None:
        process.stdin.close()


def prefect_command(*arguments: str) -> list[str]:
    """Return the command for `prefect ARGUMENTS`; start it with a pipe as standard input."""
    return [sys.executable, "-m", "flows.services.process", "prefect", *arguments]


def main() -> None:
    """Run Prefect's command line until it or the parent process ends."""
    Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    sys.argv = sys.argv[1:]
    # slow to import: the parent is watched by then
    with no_collection():
        from prefect.cli import app

        if sys.argv[1:2] == ["server"]:
            load(["prefect.server.api.server"])
            from flows.services.same_origin import keep_to_own_host

            keep_to_own_host()
    app()


def _end_with_parent() -> None:
    """Send SIGTERM when the pipe closes; then SIGKILL to this process and its children.

    A server that waits for an open request, such as that of a browser, would never end otherwise.
    """
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
