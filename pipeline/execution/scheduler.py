"""Keep the pieces of a stage on a Dask cluster until each one is done or quarantined.

The first pieces of a stage are tasks of their own and show how long a piece takes. If that is less
than the time to schedule and commit a task, the next tasks have several pieces each.
"""

from __future__ import annotations

import heapq
import logging
import queue
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from distributed import Client, Future, KilledWorker
from distributed.client import ClosedClientError, FutureCancelledError

from pipeline.errors import StageError
from pipeline.execution.cluster_turns import ClusterTurns
from pipeline.execution.retries import Attempt, StageState
from pipeline.execution.stage import run_piece, run_pieces
from pipeline.fileio.manifest import Manifest
from pipeline.observability.log_records import context_value

__all__ = ["PieceScheduler"]

logger = logging.getLogger(__name__)

_WINDOW = 2  # submitted tasks per worker thread: one that runs, and one that waits
_TASK_SECONDS = 0.1  # pieces that take less are grouped until a task takes about as long
_COMMIT_SECONDS = 0.005  # to read the inputs of a small piece and to commit it, about
_TASK_BYTES = 2**22  # most bytes of inputs of grouped pieces
_CHECK_SECONDS = 2.0  # how often the workers are counted
_TURN_SECONDS = 0.05  # how often a stage that waits for another one tries again
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
    priority : int
        Of its tasks; a free worker takes the task of the highest priority.
    piece_seconds : float, optional
        How long a piece takes, if the same function ran before.
    turns : ClusterTurns, optional
        Shared with other stages that run on the cluster at the same time.
    """

    def __init__(
        self,
        state: StageState,
        client: Client,
        wait_seconds: float,
        *,
        priority: int = 0,
        piece_seconds: float | None = None,
        turns: ClusterTurns | None = None,
    ) -> None:
        self.state, self.client, self.wait_seconds = state, client, wait_seconds
        self.priority = priority
        self.turns = turns or ClusterTurns()
        self.has_to_wait = False  # for another stage
        self.waiting: deque[Attempt] = deque()
        self.delayed: list[tuple[float, int, Attempt]] = []  # a heap, by the time of the retry
        self.suspects: deque[Attempt] = deque()
        self.submitted: dict[str, tuple[Future[Any], list[Attempt]]] = {}
        # seconds of the last pieces computed
        self.times: deque[float] = deque([] if piece_seconds is None else [piece_seconds], 32)
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
            self.turns.leave(self.suffix, len(self.submitted))

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
        window = _WINDOW * max(1, self.threads)
        self.has_to_wait = False
        while self.waiting and len(self.submitted) < window:
            begin = self.turns.begin_alone if self.waiting[0].alone else self.turns.begin
            if not begin(self.suffix):
                self.has_to_wait = True
                return
            self._submit(self._next_task())

    def _next_task(self) -> list[Attempt]:
        """Remove the next attempts from those that wait, to run in one task."""
        attempts = [self.waiting.popleft()]
        size, used = self._pieces_per_task(), self._input_bytes(attempts[0])
        while len(attempts) < size and self.waiting and not attempts[0].tries:
            used += self._input_bytes(self.waiting[0])
            if self.waiting[0].tries or used > _TASK_BYTES:
                break
            attempts.append(self.waiting.popleft())
        return attempts

    def _pieces_per_task(self) -> int:
        if not self.times:
            return 1
        # the median, since the first pieces may import libraries
        seconds = median(self.times) + _COMMIT_SECONDS
        share = -(-(len(self.waiting) + 1) // max(1, self.threads))
        return max(1, min(int(_TASK_SECONDS / seconds), share))

    def _input_bytes(self, attempt: Attempt) -> int:
        inputs = self.state.pieces[attempt.index].inputs
        return sum(ref.bytes for refs in inputs.values() for ref in refs)

    def _submit(self, attempts: list[Attempt]) -> None:
        state, first = self.state, attempts[0]
        piece, fingerprint = state.pieces[first.index], state.fingerprints[first.index]
        key = f"{state.stage.name}-{piece.key}-{fingerprint[:16]}-{self.suffix}"
        key += f"-try{first.tries}" if first.tries else ""
        key += f"-and{len(attempts) - 1}" if len(attempts) > 1 else ""
        root, run = str(state.store.root), context_value("run")
        if len(attempts) > 1:
            several = [(state.pieces[a.index], state.fingerprints[a.index]) for a in attempts]
            task: tuple[Any, ...] = (run_pieces, root, state.stage, several, run)
        else:
            task = (run_piece, root, state.stage, piece, fingerprint, first.lean, run)
        future = self.client.submit(*task, key=key, pure=False, priority=self.priority)
        self.submitted[key] = (future, attempts)
        future.add_done_callback(self.finished.put)

    def _receive(self) -> None:
        wait = _TURN_SECONDS if self.has_to_wait else _CHECK_SECONDS
        if self.delayed:
            wait = min(wait, max(0.0, self.delayed[0][0] - time.monotonic()))
        try:
            future = self.finished.get(timeout=wait)
        except queue.Empty:
            return
        _, attempts = self.submitted.pop(str(future.key))
        self.turns.end(self.suffix)
        try:
            result = future.result()
        except KilledWorker as error:
            for attempt in attempts:
                self._suspect(attempt, error)
        except Exception as error:  # quarantined with its reason, or retried
            self._handle_error(attempts, error)
        else:
            self._finish(attempts, result if len(attempts) > 1 else [result])
        finally:
            future.release()

    def _finish(self, attempts: list[Attempt], manifests: list[Manifest | None]) -> None:
        """Record the pieces of a task that are done; the others are tried alone."""
        for attempt, manifest in zip(attempts, manifests, strict=True):
            if manifest is None:
                self.waiting.append(replace(attempt, tries=attempt.tries + 1))
            else:
                self.times.append(manifest.seconds)
                self.state.finish(attempt.index, manifest)

    def _handle_error(self, attempts: list[Attempt], error: Exception) -> None:
        lost = isinstance(error, FutureCancelledError) and "connection-lost" in str(error.reason)
        if lost or len(attempts) > 1:
            # not the fault of the piece, or it is not known which one is at fault
            self.waiting.extend(replace(attempt, tries=attempt.tries + 1) for attempt in attempts)
            return
        (attempt,) = attempts
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
