"""Keep the pieces of a stage on a Dask cluster until each one is done or quarantined."""

from __future__ import annotations

import heapq
import logging
import queue
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from distributed import Client, Future, KilledWorker
from distributed.client import ClosedClientError, FutureCancelledError

from pipeline.errors import StageError
from pipeline.execution.retries import Attempt, StageState
from pipeline.execution.stage import run_piece
from pipeline.observability.log_records import context_value

__all__ = ["PieceScheduler"]

logger = logging.getLogger(__name__)

_WINDOW = 4  # submitted pieces per worker thread: the scheduler never has thousands
_CHECK_SECONDS = 2.0  # how often the workers are counted
_MAX_LOSSES = 5  # connections lost in one stage before it gives up


class PieceScheduler:
    """Keeps a limited number of pieces on the cluster until each one is done or quarantined.

    Finished futures arrive through callbacks and a queue. `as_completed` would block, also when a
    retry is due or the workers are gone.

    Parameters
    ----------
    state : StageState
        The stage and its pieces.
    client : Client
        The cluster.
    wait_seconds : float
        How long to wait for a worker or a lost scheduler.
    """

    def __init__(self, state: StageState, client: Client, wait_seconds: float) -> None:
        self.state, self.client, self.wait_seconds = state, client, wait_seconds
        self.waiting: deque[Attempt] = deque()
        self.delayed: list[tuple[float, int, Attempt]] = []  # a heap, by the time of the retry
        self.suspects: deque[Attempt] = deque()
        self.submitted: dict[str, tuple[Future[Any], Attempt]] = {}
        self.finished: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self.threads = 0
        self.losses = 0
        self.last_check = self.last_seen = time.monotonic()
        # Makes the keys of this call unique on a shared scheduler. It may have a piece of the same
        # name, of another output folder or of a dead run whose worker does not know that yet.
        self.suffix = uuid.uuid4().hex[:8]

    def run(self, attempts: Sequence[Attempt]) -> None:
        """Run all attempts; if this raises, the submitted ones are cancelled.

        Raises
        ------
        StageError
            If there are no workers, or the scheduler is gone.
        """
        self.waiting.extend(attempts)
        try:
            self._await_scheduler()
            self._await_workers()
            while self.waiting or self.delayed or self.suspects or self.submitted:
                self._await_scheduler()
                self._fill()
                self._receive()
                self._check_workers()
        except ClosedClientError as error:
            raise self._no_scheduler() from error
        finally:
            if self.submitted and self.client.status == "running":
                self.client.cancel([future for future, _ in self.submitted.values()], force=True)

    def _await_scheduler(self) -> None:
        """Wait while the connection is lost; submitted pieces then come back as cancelled."""
        if self.client.status == "running":
            return
        self.losses += 1
        logger.warning("stage %s: the connection to the scheduler is lost", self.state.stage.name)
        deadline = time.monotonic() + self.wait_seconds
        while self.client.status == "connecting" and time.monotonic() < deadline:
            time.sleep(0.1)
        if self.client.status != "running" or self.losses > _MAX_LOSSES:
            raise self._no_scheduler()
        self.last_seen = time.monotonic()  # the workers need time to reconnect, too

    def _no_scheduler(self) -> StageError:
        return StageError(
            f"stage {self.state.stage.name!r}: the scheduler is gone, or hangs, and did not come "
            f"back for {self.wait_seconds:g} s; start it and its workers, then resume"
        )

    def _await_workers(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=self.wait_seconds)
            self.threads = sum(self.client.nthreads().values())
        except TimeoutError as error:
            raise self._no_workers() from error
        except OSError as error:  # the scheduler has just gone
            raise self._no_scheduler() from error
        self.last_seen = time.monotonic()

    def _no_workers(self) -> StageError:
        return StageError(
            f"stage {self.state.stage.name!r}: no worker on the cluster for "
            f"{self.wait_seconds:g} s; start workers there and resume"
        )

    def _fill(self) -> None:
        now = time.monotonic()
        while self.delayed and self.delayed[0][0] <= now:
            self.waiting.append(heapq.heappop(self.delayed)[2])
        if self.suspects and not (self.waiting or self.delayed or self.submitted):
            self.waiting.append(self.suspects.popleft())
        while self.waiting and len(self.submitted) < _WINDOW * max(1, self.threads):
            self._submit(self.waiting.popleft())

    def _submit(self, attempt: Attempt) -> None:
        state, piece = self.state, self.state.pieces[attempt.index]
        fingerprint = state.fingerprints[attempt.index]
        key = f"{state.stage.name}-{piece.key}-{fingerprint[:16]}-{self.suffix}"
        key += f"-try{attempt.tries}" if attempt.tries else ""
        future = self.client.submit(
            run_piece,
            str(state.store.root),
            state.stage,
            piece,
            fingerprint,
            attempt.lean,
            context_value("run"),
            key=key,
            pure=False,
        )
        self.submitted[key] = (future, attempt)
        future.add_done_callback(self.finished.put)

    def _receive(self) -> None:
        wait = _CHECK_SECONDS
        if self.delayed:
            wait = min(wait, max(0.0, self.delayed[0][0] - time.monotonic()))
        try:
            future = self.finished.get(timeout=wait)
        except queue.Empty:
            return
        _, attempt = self.submitted.pop(str(future.key))
        try:
            manifest = future.result()
        except KilledWorker as error:
            self._suspect(attempt, error)
        except Exception as error:  # quarantined with its reason, or retried
            self._handle_error(attempt, error)
        else:
            self.state.finish(attempt.index, manifest)
        finally:
            future.release()

    def _handle_error(self, attempt: Attempt, error: Exception) -> None:
        if isinstance(error, FutureCancelledError) and "connection-lost" in str(error.reason):
            # not the fault of the piece
            self.waiting.append(replace(attempt, tries=attempt.tries + 1))
            return
        wait = self.state.handle_error(attempt, error)
        if wait is not None:
            due = time.monotonic() + wait
            heapq.heappush(self.delayed, (due, attempt.index, attempt.after(error)))

    def _suspect(self, attempt: Attempt, error: KilledWorker) -> None:
        """Retry a piece alone, at the end, whose worker died: another piece may be the cause."""
        key = self.state.pieces[attempt.index].key
        if not attempt.alone:
            logger.warning(
                "stage %s, piece %s was on workers that died; it is tried alone at the end",
                self.state.stage.name,
                key,
            )
            self.suspects.append(replace(attempt, tries=attempt.tries + 1, alone=True, lean=True))
            return
        deaths = error.allowed_failures + 1
        self.state.quarantine(
            attempt.index,
            f"KilledWorker: alone on the cluster it killed {deaths} workers, by using too much "
            "memory or by a crash in native code; see dask.memory_limit",
        )

    def _check_workers(self) -> None:
        now = time.monotonic()
        if now - self.last_check < _CHECK_SECONDS:
            return
        self.last_check = now
        try:
            self.threads = sum(self.client.nthreads().values())
        except OSError:  # the scheduler is gone: the next round waits for it
            return
        if self.threads:
            self.last_seen = now
        elif now - self.last_seen > self.wait_seconds:
            raise self._no_workers()
