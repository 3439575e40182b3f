"""How a flow tells the terminal what happens: it emits events, whoever listens shows them.

The standard library only: a flow without a terminal, a notebook and the tests listen alike.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = [
    "Address",
    "Event",
    "Listener",
    "Note",
    "PieceDone",
    "StageDone",
    "StageStarted",
    "emit",
    "is_heard",
    "listen",
    "sentence",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StageStarted:
    """A stage begins; `pieces` is None where it is not cut into pieces."""

    stage: str
    pieces: int | None = None


@dataclass(frozen=True)
class PieceDone:
    """`done` of `total` pieces are committed; `reused` of them were found so by a resumed run."""

    stage: str
    done: int
    total: int
    reused: int = 0


@dataclass(frozen=True)
class StageDone:
    """A stage is finished after `seconds`; `detail` is what it made, such as "4,933 films"."""

    stage: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True)
class Address:
    """Where a person can look while it runs, such as the Dask dashboard."""

    name: str
    url: str


@dataclass(frozen=True)
class Note:
    """One line that a person should read."""

    text: str


Event = StageStarted | PieceDone | StageDone | Address | Note
Listener = Callable[[Event], object]

_listeners: list[Listener] = []
_lock = threading.RLock()


def emit(event: Event) -> None:
    """Tell every listener, from any thread; one event at a time.

    A listener that raises is dropped with a warning: a closed terminal must not end a run.
    """
    with _lock:
        for listener in tuple(_listeners):
            try:
                listener(event)
            except Exception:
                logger.warning("progress is no longer shown to %r", listener, exc_info=True)
                _forget(listener)


@contextmanager
def listen(callback: Listener) -> Iterator[None]:
    """Call `callback` with each event emitted meanwhile, in whichever thread."""
    with _lock:
        _listeners.append(callback)
    try:
        yield
    finally:
        with _lock:
            _forget(callback)


def is_heard() -> bool:
    """Whether anyone listens now."""
    with _lock:
        return bool(_listeners)


def sentence(event: Event) -> str:
    """An event in plain words, for a log."""
    match event:
        case StageStarted(stage, pieces):
            return f"{stage} begins" + (f", {pieces} pieces" if (pieces or 0) > 1 else "")
        case PieceDone(stage, done, total, reused):
            found = f" ({reused} found from before)" if reused else ""
            return f"{stage} {done}/{total}{found}"
        case StageDone(stage, seconds, detail):
            return f"{stage} done in {seconds:.1f} s" + (f": {detail}" if detail else "")
        case Address(name, url):
            return f"{name}: {url}"
        case Note(said):
            return said


def _forget(listener: Listener) -> None:
    if listener in _listeners:  # not when it was dropped already
        _listeners.remove(listener)
