"""The state of a running stage: finished pieces, retries and their delays, quarantined pieces."""

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
from pipeline.storage.work_store import WorkStore

__all__ = ["BACKOFF_SECONDS", "Attempt", "Progress", "StageState"]

logger = logging.getLogger(__name__)

Progress = Callable[[int, int, Manifest], None]  # pieces done, all pieces, the manifest

BACKOFF_SECONDS = 0.5  # delay before the first retry; doubles each time
_LONGEST_BACKOFF = 30.0

# Errors of the operating system that a retry does not help against.
_PERMANENT = {
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
class Attempt:
    """One attempt at a piece.

    Attributes
    ----------
    index : int
        Position of the piece in the stage.
    tries : int
        Number of submissions before this one.
    failures : int
        How many of them the piece itself failed.
    alone : bool
        Suspected of killing its worker: runs while no other piece does.
    lean : bool
        Ran out of memory, or may have: runs with `Stage.lean`.
    """

    index: int
    tries: int = 0
    failures: int = 0
    alone: bool = False
    lean: bool = False

    def after(self, error: Exception) -> Attempt:
        """Return the next attempt after one in which the piece itself failed with `error`."""
        lean = self.lean or isinstance(error, MemoryError)
        return replace(self, tries=self.tries + 1, failures=self.failures + 1, lean=lean)


@dataclass
class StageState:
    """The state of one call of `run_stage`.

    Attributes
    ----------
    store : WorkStore
        Where pieces are committed and failures recorded.
    stage : Stage
        The stage.
    pieces : sequence of Piece
        Its pieces.
    fingerprints : sequence of str
        The fingerprint of each piece.
    retries : int
        How often to retry a piece after a temporary error.
    on_progress : callable or None
        Called when a piece is done.
    backoff_seconds : float
        Delay before the first retry.
    done : dict of int to Manifest
        Finished pieces by index.
    quarantined : dict of int to str
        Reasons of failed pieces by index.
    """

    store: WorkStore
    stage: Stage
    pieces: Sequence[Piece]
    fingerprints: Sequence[str]
    retries: int
    on_progress: Progress | None
    backoff_seconds: float = BACKOFF_SECONDS
    done: dict[int, Manifest] = field(default_factory=dict)
    quarantined: dict[int, str] = field(default_factory=dict)

    def finish(self, index: int, manifest: Manifest) -> None:
        """Record that a piece is done."""
        self.done[index] = manifest
        key, fingerprint = self.pieces[index].key, self.fingerprints[index]
        self.store.clear_failure(self.stage.name, key, fingerprint)
        if self.on_progress is not None:
            self.on_progress(len(self.done), len(self.pieces), manifest)

    def quarantine(self, index: int, reason: str) -> None:
        """Record that a piece has failed for good."""
        reason = redact(reason)  # the error that ends the stage contains it, too
        self.quarantined[index] = reason
        name, key = self.stage.name, self.pieces[index].key
        logger.error("stage %s, piece %s is quarantined: %s", name, key, reason)
        self.store.record_failure(name, key, self.fingerprints[index], reason)

    def handle_error(self, attempt: Attempt, error: Exception) -> float | None:
        """Quarantine a piece that failed, or decide to retry it.

        Returns
        -------
        float or None
            Seconds to wait before the next attempt; None if the piece is quarantined.
        """
        key, reason = self.pieces[attempt.index].key, f"{type(error).__name__}: {error}"
        if not _is_temporary(error):
            logger.error("stage %s, piece %s failed", self.stage.name, key, exc_info=error)
            self.quarantine(attempt.index, reason)
            return None
        if attempt.failures >= self.retries:
            self.quarantine(attempt.index, f"{reason} (tried {attempt.failures + 1} times)")
            return None
        longest = min(_LONGEST_BACKOFF, self.backoff_seconds * 2.0**attempt.failures)
        wait = longest * random.uniform(0.5, 1.0)
        logger.warning(
            "stage %s, piece %s: %s; retry in %.1f s", self.stage.name, key, reason, wait
        )
        return wait


def _is_temporary(error: Exception) -> bool:
    if isinstance(error, OSError):  # includes TimeoutError and a lost connection
        return error.errno not in _PERMANENT
    return isinstance(error, MemoryError | CancelledError)
