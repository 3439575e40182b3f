"""Events of a run: a flow emits them, and listeners such as the terminal show them.

It imports the standard library only, so that any program can listen.
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
    "StepDone",
    "StepStarted",
    "emit",
    "is_heard",
    "listen",
    "sentence",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepStarted:
    """A step of a flow begins, number `number` of `total`; see `flows.plan`."""

    step: str
    number: int
    total: int
    flow: str


@dataclass(frozen=True)
class StepDone:
    """A step of a flow ended after `seconds`."""

    step: str
    number: int
    total: int
    seconds: float


@dataclass(frozen=True)
class StageStarted:
    """A stage begins; `pieces` is None for a stage without pieces.

    `films` is how many films it goes through; None if its rows are no films.
    """

    stage: str
    pieces: int | None = None
    films: int | None = None


@dataclass(frozen=True)
class PieceDone:
    """`done` of `total` pieces are committed; `reused` of them were committed before this run."""

    stage: str
    done: int
    total: int
    reused: int = 0


@dataclass(frozen=True)
class StageDone:
    """A stage ended after `seconds`; `detail` is its result, such as "4,933 films"."""

    stage: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True)
class Address:
    """An address at which the run can be watched, such as the Dask dashboard."""

    name: str
    url: str


@dataclass(frozen=True)
class Note:
    """A message for the user."""

    text: str


Event = StepStarted | StepDone | StageStarted | PieceDone | StageDone | Address | Note
Listener = Callable[[Event], object]

_listeners: list[Listener] = []
_lock = threading.RLock()


def emit(event: Event) -> None:
    """Call every listener, from any thread; one event at a time.

    A listener that raises an exception is removed with a warning: a closed terminal must not end a
    run.
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
    """Call `callback` with each event until the block ends, whichever thread emits it."""
    with _lock:
        _listeners.append(callback)
    try:
        yield
    finally:
        with _lock:
            _forget(callback)


def is_heard() -> bool:
    """Return whether there is a listener."""
    with _lock:
        return bool(_listeners)


def sentence(event: Event) -> str:
    """Return an event as a sentence for a log.

    Examples
    --------
    >>> sentence(StageDone("clean", 1.25, "4,933 films"))
    'clean done in 1.2 s: 4,933 films'
    """
    match event:
        case StepStarted(step, number, total):
            line = f"step {number} of {total}: {step}"
        case StepDone(step, number, total, seconds):
            line = f"step {number} of {total} done in {seconds:.1f} s: {step}"
        case StageStarted(stage, pieces):
            line = f"{stage} begins" + (f", {pieces} pieces" if (pieces or 0) > 1 else "")
        case PieceDone(stage, done, total, reused):
            line = f"{stage} {done}/{total}" + (f" ({reused} reused)" if reused else "")
        case StageDone(stage, seconds, detail):
            line = f"{stage} done in {seconds:.1f} s" + (f": {detail}" if detail else "")
        case Address(name, url):
            line = f"{name}: {url}"
        case Note(text):
            line = text
    return line


def _forget(listener: Listener) -> None:
    if listener in _listeners:  # it may have been removed already
        _listeners.remove(listener)
