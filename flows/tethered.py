"""Prefect's command line for as long as its starter lives: `python -m flows.tethered prefect ...`.

Standard input is a pipe whose other end the starter holds and never writes to. The kernel closes it
whatever ends the starter, before this process is ready too, on Linux and macOS alike.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from threading import Thread

__all__ = ["command", "main"]

_GRACE_SECONDS = 5.0


def command(*arguments: str) -> list[str]:
    """What to start for `prefect ARGUMENTS`, with a pipe as standard input, in its own session."""
    return [sys.executable, "-m", "flows.tethered", "prefect", *arguments]


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
