"""The state of a stage under way: what is done, what is tried again and when, what is given up."""

from __future__ import annotations

import errno
import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace

from pipeline.execution.stage import Piece, Stage
from pipeline.fileio.manifest import Manifest
from pipeline.observability.redaction import redact
from pipeline.storage.work_store import Store

__all__ = ["Progress", "Run", "Task"]

logger = logging.getLogger(__name__)

Progress = Callable[[int, int, Manifest], None]

BACKOFF_SECONDS, LONGEST_BACKOFF = 0.5, 30.0

# Of what the operating system reports, these stay as they are however often they are tried.
_LASTING = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.EFBIG,
}


@dataclass(frozen=True)
class Task:
    index: int
    tries: int = 0  # submissions before this one
    failures: int = 0  # of them, those that the piece itself failed in
    alone: bool = False  # suspected of killing its worker: runs while nothing else does
    lean: bool = False  # took too much memory, or may have: see Stage.lean

    def after(self, error: Exception) -> Task:
        """The try that follows one in which the piece itself failed with `error`."""
        lean = self.lean or isinstance(error, MemoryError)
        return replace(self, tries=self.tries + 1, failures=self.failures + 1, lean=lean)


@dataclass
class Run:
    """The state of one call: what is done, what is quarantined and why."""

    store: Store
    stage: Stage
    pieces: Sequence[Piece]
    marks: Sequence[str]
    retries: int
    on_progress: Progress | None
    done: dict[int, Manifest] = field(default_factory=dict)
    quarantined: dict[int, str] = field(default_factory=dict)

    def finish(self, index: int, manifest: Manifest) -> None:
        self.done[index] = manifest
        self.store.forgive(self.stage.name, self.pieces[index].key, self.marks[index])
        if self.on_progress is not None:
            self.on_progress(len(self.done), len(self.pieces), manifest)

    def quarantine(self, index: int, reason: str) -> None:
        reason = redact(reason)  # it also goes into the error that ends the run
        self.quarantined[index] = reason
        name, key = self.stage.name, self.pieces[index].key
        logger.error("stage %s, piece %s is quarantined: %s", name, key, reason)
        self.store.blame(name, key, self.marks[index], reason)

    def failed(self, task: Task, error: Exception) -> float | None:
        """Seconds to wait before another try, or None: the piece is quarantined."""
        key, reason = self.pieces[task.index].key, f"{type(error).__name__}: {error}"
        if not _may_pass(error):
            logger.error("stage %s, piece %s failed", self.stage.name, key, exc_info=error)
            self.quarantine(task.index, reason)
            return None
        if task.failures >= self.retries:
            self.quarantine(task.index, f"{reason} (tried {task.failures + 1} times)")
            return None
        longest = min(LONGEST_BACKOFF, BACKOFF_SECONDS * 2.0**task.failures)
        wait = longest * random.uniform(0.5, 1.0)
        logger.warning(
            "stage %s, piece %s: %s; again in %.1f s", self.stage.name, key, reason, wait
        )
        return wait


def _may_pass(error: Exception) -> bool:
    if isinstance(error, OSError):  # includes TimeoutError and a lost connection
        return error.errno not in _LASTING
    return isinstance(error, MemoryError | CancelledError)
