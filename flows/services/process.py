"""Keeps a process of ours alive for as long as a run needs it."""

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

__all__ = ["Kept", "main", "prefect_command"]

logger = logging.getLogger(__name__)


_STARTS = 5  # a process that dies more often will not stay


_STOP_SECONDS = 10.0


class Kept:
    """A process in a group of its own, started again whenever it dies, until `end`.

    Parameters
    ----------
    name : what the log calls it. start : starts it, each time in the same place.
    """

    def __init__(self, name: str, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.name, self._start = name, start
        self.process = start()
        self._ending = False
        self._lock = threading.Lock()
        self._watch: threading.Thread | None = None

    def watch(self) -> None:
        """From now on start it again when it dies: before, its death is the caller's to report."""
        self._watch = threading.Thread(target=self._keep, name=f"keep-{self.name}", daemon=True)
        self._watch.start()

    def end(self) -> None:
        """End the process and what it started, whichever of its lives it is in."""
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
        _let_go(self.process)

    def _keep(self) -> None:
        for _ in range(_STARTS):
            code = self.process.wait()
            with self._lock:
                if self._ending:
                    return
                logger.warning("%s ended with %d and is started again", self.name, code)
                _let_go(self.process)
                self.process = self._start()
        self.process.wait()
        if not self._ending:
            logger.error("%s has died %d times and is left so", self.name, _STARTS + 1)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close our end of a process that is gone."""
    if process.stdin is not None:
        process.stdin.close()


_GRACE_SECONDS = 5.0


def prefect_command(*arguments: str) -> list[str]:
    """What to start for `prefect ARGUMENTS`, with a pipe as standard input, in its own session."""
    return [sys.executable, "-m", "flows.services.process", "prefect", *arguments]


def main() -> None:
    """The command line."""
    Thread(target=_end_with_starter, name="tether", daemon=True).start()
    from prefect.cli import app  # slow: the starter is watched by then

    sys.argv = sys.argv[1:]
    app()


def _end_with_starter() -> None:
    """SIGTERM once the pipe ends; SIGKILL for this process and its children if that is not heard.

    A server that waits for an open request, such as of a browser, would never end otherwise.
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
