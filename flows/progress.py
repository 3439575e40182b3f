"""How far a run is: the share of its work that is done, films per second, and the time left.

The steps of a flow have weights (`flows.plan`), and the run shows how long a unit of weight takes.
Steps run side by side, so this is an estimate; it is stated once a twentieth of the work is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flows.events import Event, PieceDone, StageDone, StageStarted, StepDone, StepStarted
from flows.plan import PLANS

__all__ = ["Progress", "duration"]

_LEAST_SHARE = 0.05  # below it the time left is not known
_LEAST_SECONDS = 0.5  # a shorter time says nothing about the speed
_MOST_OF_STEP = 0.9  # a running step whose time is over may still take some


@dataclass
class _Stage:
    begun: float
    films: int | None
    done: int = 0
    total: int = 0
    ended: float | None = None


class Progress:
    """Follows the events of a run; every method may be called at any time.

    Parameters
    ----------
    now : callable
        Returns monotonic seconds.

    Attributes
    ----------
    number, total : int
        Number of the step that began last, and of all steps; 0 before the first.
    step : str
        Its name.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.number, self.total, self.step = 0, 0, ""
        self._now = now
        self._flow = ""
        self._begun = now()
        self._running: dict[str, float] = {}
        self._done: set[str] = set()
        self._stages: dict[str, _Stage] = {}

    def hear(self, event: Event) -> None:
        """Take an event into account."""
        match event:
            case StepStarted(step, number, total, flow):
                if flow != self._flow:  # an update may go on with a mining
                    self._flow, self._begun = flow, self._now()
                    self._done.clear()
                    self._running.clear()
                self.step, self.number, self.total = step, number, total
                self._running[step] = self._now()
            case StepDone(step):
                self._running.pop(step, None)
                self._done.add(step)
            case StageStarted(stage, pieces, films):
                self._stages[stage] = _Stage(self._now(), films, total=pieces or 0)
            case PieceDone(stage, done, total):
                found = self._stages.setdefault(stage, _Stage(self._now(), None))
                found.done, found.total = done, total
            case StageDone(stage):
                found = self._stages.setdefault(stage, _Stage(self._now(), None))
                found.done, found.ended = found.total, self._now()
            case _:
                pass

    @property
    def share(self) -> float:
        """The share of the work that is done, from 0 to 1."""
        plan = PLANS.get(self._flow, ())
        whole = sum(planned.weight for planned in plan)
        if not whole:
            return 0.0
        finished = sum(planned.weight for planned in plan if planned.name in self._done)
        pace = (self._now() - self._begun) / finished if finished else 1.0
        running = 0.0
        for planned in plan:
            if planned.name in self._running:
                stage = self._stages.get(planned.stage)
                if planned.stage:
                    part = stage.done / stage.total if stage and stage.total else 0.0
                else:
                    elapsed = self._now() - self._running[planned.name]
                    part = min(_MOST_OF_STEP, elapsed / (planned.weight * pace or 1.0))
                running += planned.weight * part
        return (finished + running) / whole

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds until the run ends; None while they are not known."""
        share, elapsed = self.share, self._now() - self._begun
        if share < _LEAST_SHARE or elapsed < _LEAST_SECONDS:
            return None
        return elapsed * (1.0 - share) / share

    def films_per_second(self, stage: str) -> float | None:
        """Films per second of a stage until now or its end; None if its rows are no films."""
        found = self._stages.get(stage)
        if found is None or not found.films or not found.done or not found.total:
            return None
        elapsed = (found.ended or self._now()) - found.begun
        if elapsed < _LEAST_SECONDS:
            return None
        return found.films * found.done / found.total / elapsed

    def of_stage(self, stage: str) -> str:
        """Return speed and time left in words, such as ", 250 films/s, about 40 s left"."""
        left = self.seconds_left
        return self.speed_of(stage) + ("" if left is None else f", about {duration(left)} left")

    def speed_of(self, stage: str) -> str:
        """Return the speed of a stage in words, such as ", 250 films/s"; "" if it is not known."""
        speed = self.films_per_second(stage)
        return "" if speed is None else f", {speed:,.0f} films/s"


def duration(seconds: float) -> str:
    """Return a time in words, more roughly the longer it is.

    Examples
    --------
    >>> [duration(seconds) for seconds in (3.2, 48, 310, 8000)]
    ['5 s', '50 s', '5 min', '2 h 15 min']
    """
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    minutes = 5 * round(minutes / 5)
    return f"{minutes // 60} h {minutes % 60} min"
