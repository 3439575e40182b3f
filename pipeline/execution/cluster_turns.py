"""Stages of a run that share a cluster, and a piece that must have it for itself."""

from __future__ import annotations

import threading
from collections import Counter

__all__ = ["ClusterTurns"]


class ClusterTurns:
    """Counts the tasks of each stage on the cluster, and gives the cluster to one stage alone.

    A piece whose worker died is tried while no other piece is on the cluster; only then does
    another death point to it. Methods return at once, so a stage that has to wait goes on receiving
    its finished tasks.

    Examples
    --------
    >>> turns = ClusterTurns()
    >>> turns.begin("index"), turns.begin_alone("embed")
    (True, False)
    >>> turns.begin("index")  # `embed` waits for the cluster
    False
    >>> turns.end("index")
    >>> turns.begin_alone("embed"), turns.begin("index")
    (True, False)
    >>> turns.end("embed")
    >>> turns.begin("index")
    True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: Counter[str] = Counter()
        self._waiting: list[str] = []  # stages that want the cluster for themselves, in order

    def begin(self, stage: str) -> bool:
        """Count a task that the stage submits; False if it has to wait."""
        with self._lock:
            if self._waiting:
                return False
            self._tasks[stage] += 1
            return True

    def begin_alone(self, stage: str) -> bool:
        """The same for a task that no other may run beside; it has the next turn if it waits."""
        with self._lock:
            if stage not in self._waiting:
                self._waiting.append(stage)
            if self._waiting[0] != stage or self._tasks.total():
                return False
            self._tasks[stage] += 1
            return True

    def end(self, stage: str) -> None:
        """Count a task of the stage that is finished or cancelled."""
        with self._lock:
            self._tasks[stage] -= 1
            if self._waiting and self._waiting[0] == stage and not self._tasks[stage]:
                self._waiting.pop(0)

    def leave(self, stage: str, tasks: int) -> None:
        """Forget a stage that ends with `tasks` tasks still counted."""
        with self._lock:
            self._tasks[stage] -= tasks
            self._waiting = [other for other in self._waiting if other != stage]
