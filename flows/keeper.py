"""Keeps a process of ours alive for as long as a run needs it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Kept"]

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
