"""Keeps a stage's pieces on a Dask cluster until each is done or quarantined, for `partitions`."""

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
from pipeline.execution.retries import Run, Task
from pipeline.execution.stage import work
from pipeline.observability.log_records import named

__all__ = ["Drive"]

logger = logging.getLogger(__name__)

WINDOW = 4  # submitted pieces per worker thread: the scheduler never holds thousands
LOOK_SECONDS = 2.0  # how often the workers are counted
LOSSES = 5  # a scheduler that is lost so often in one stage will not carry it


class Drive:
    """Keeps a bounded window of pieces on the cluster until each is done or quarantined.

    Finished futures arrive through callbacks: `as_completed` cannot be left to look after a
    retry that is due or workers that are gone.
    """

    def __init__(self, run: Run, client: Client, wait_seconds: float) -> None:
        self.run, self.client, self.wait_seconds = run, client, wait_seconds
        self.waiting: deque[Task] = deque()
        self.later: list[tuple[float, int, Task]] = []  # a heap by the moment of the next try
        self.suspects: deque[Task] = deque()
        self.flying: dict[str, tuple[Future[Any], Task]] = {}
        self.landed: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self.threads = 0
        self.losses = 0
        self.looked = self.last_seen = time.monotonic()
        # A shared scheduler may carry a piece of the same name: of another output folder, or of a
        # dead run's into this one, whose worker does not know yet and whose files were swept away.
        self.suffix = uuid.uuid4().hex[:8]

    def all(self, tasks: Sequence[Task]) -> None:
        """Work `tasks`; whatever is still under way when it raises is cancelled."""
        self.waiting.extend(tasks)
        try:
            self._await_scheduler()
            self._await_workers()
            while self.waiting or self.later or self.suspects or self.flying:
                self._await_scheduler()
                self._fill()
                self._receive()
                self._look()
        except ClosedClientError as error:
            raise self._no_scheduler() from error
        finally:
            if self.flying and self.client.status == "running":
                self.client.cancel([future for future, _ in self.flying.values()], force=True)

    def _await_scheduler(self) -> None:
        """Wait while the connection is lost; what was under way comes back as cancelled."""
        if self.client.status == "running":
            return
        self.losses += 1
        logger.warning("stage %s: the connection to the scheduler is lost", self.run.stage.name)
        deadline = time.monotonic() + self.wait_seconds
        while self.client.status == "connecting" and time.monotonic() < deadline:
            time.sleep(0.1)
        if self.client.status != "running" or self.losses > LOSSES:
            raise self._no_scheduler()
        self.last_seen = time.monotonic()  # its workers, too, take their time to come back

    def _no_scheduler(self) -> StageError:
        return StageError(
            f"stage {self.run.stage.name!r}: the scheduler is gone, or hangs, and did not come "
            f"back for {self.wait_seconds:g} s; start it and its workers, then resume"
        )

    def _await_workers(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=self.wait_seconds)
            self.threads = sum(self.client.nthreads().values())
        except TimeoutError as error:
            raise self._no_workers() from error
        except OSError as error:  # the scheduler went a moment ago
            raise self._no_scheduler() from error
        self.last_seen = time.monotonic()

    def _no_workers(self) -> StageError:
        return StageError(
            f"stage {self.run.stage.name!r}: no worker on the cluster for "
            f"{self.wait_seconds:g} s; start workers there and resume"
        )

    def _fill(self) -> None:
        now = time.monotonic()
        while self.later and self.later[0][0] <= now:
            self.waiting.append(heapq.heappop(self.later)[2])
        if self.suspects and not (self.waiting or self.later or self.flying):
            self.waiting.append(self.suspects.popleft())
        while self.waiting and len(self.flying) < WINDOW * max(1, self.threads):
            self._submit(self.waiting.popleft())

    def _submit(self, task: Task) -> None:
        run, piece, mark = self.run, self.run.pieces[task.index], self.run.marks[task.index]
        key = f"{run.stage.name}-{piece.key}-{mark[:16]}-{self.suffix}"
        key += f"-try{task.tries}" if task.tries else ""
        future = self.client.submit(
            work,
            str(run.store.root),
            run.stage,
            piece,
            mark,
            task.lean,
            named("run"),
            key=key,
            pure=False,
        )
        self.flying[key] = (future, task)
        future.add_done_callback(self.landed.put)

    def _receive(self) -> None:
        wait = LOOK_SECONDS
        if self.later:
            wait = min(wait, max(0.0, self.later[0][0] - time.monotonic()))
        try:
            future = self.landed.get(timeout=wait)
        except queue.Empty:
            return
        _, task = self.flying.pop(str(future.key))
        try:
            manifest = future.result()
        except KilledWorker as error:
            self._suspect(task, error)
        except Exception as error:  # quarantined with its reason, or tried again
            self._failed(task, error)
        else:
            self.run.finish(task.index, manifest)
        finally:
            future.release()

    def _failed(self, task: Task, error: Exception) -> None:
        if isinstance(error, FutureCancelledError) and "connection-lost" in str(error.reason):
            self.waiting.append(replace(task, tries=task.tries + 1))  # no fault of the piece
            return
        wait = self.run.failed(task, error)
        if wait is not None:
            heapq.heappush(self.later, (time.monotonic() + wait, task.index, task.after(error)))

    def _suspect(self, task: Task, error: KilledWorker) -> None:
        """A worker died with this piece on it, perhaps for another's sake: try it alone, last."""
        key = self.run.pieces[task.index].key
        if not task.alone:
            logger.warning(
                "stage %s, piece %s was on workers that died; it is tried alone at the end",
                self.run.stage.name,
                key,
            )
            self.suspects.append(replace(task, tries=task.tries + 1, alone=True, lean=True))
            return
        deaths = error.allowed_failures + 1
        self.run.quarantine(
            task.index,
            f"KilledWorker: alone on the cluster it killed {deaths} workers, for want of memory "
            "or in native code; see dask.memory_limit",
        )

    def _look(self) -> None:
        now = time.monotonic()
        if now - self.looked < LOOK_SECONDS:
            return
        self.looked = now
        try:
            self.threads = sum(self.client.nthreads().values())
        except OSError:  # the scheduler: the next round waits for it
            return
        if self.threads:
            self.last_seen = now
        elif now - self.last_seen > self.wait_seconds:
            raise self._no_workers()
