"""The progress of a run on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from flows.events import (
    Event,
    PieceDone,
    StageDone,
    StageStarted,
    StepDone,
    StepStarted,
    listen,
    sentence,
)
from flows.progress import Progress as RunProgress
from flows.progress import duration
from microgenres.cli.console import print_line, text
from pipeline.observability.log_records import LOGGERS, ContextFilter, TextFormatter

__all__ = ["LINE_SECONDS", "Bars", "Lines", "follow"]

_WIDTH_OF_BARS = 70  # columns; a narrower terminal shows the figures only
LINE_SECONDS = 5.0  # least time between two plain lines of one stage, except for its last line


class Lines:
    """Shows events as plain lines: `12:01:33 embed 3/10`.

    Parameters
    ----------
    console : Console
        Where to print.
    now : callable
        Returns monotonic seconds, for the time between two lines.
    """

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self.console, self._now = console, now
        self._last: dict[str, float] = {}
        self._run = RunProgress(now)

    def __call__(self, event: Event) -> None:
        """Print the line of an event, unless the last line of the stage is too recent."""
        self._run.hear(event)
        match event:
            case StepDone():
                pass  # the next one begins
            case StageDone(stage):
                self.line(sentence(event) + self._run.speed_of(stage))
            case StageStarted(stage):
                self._last[stage] = self._now()
                self.line(sentence(event))
            case PieceDone(total=1):
                pass  # the end of the stage follows immediately
            case PieceDone(stage, done, total):
                since = self._now() - self._last.get(stage, float("-inf"))
                if since >= LINE_SECONDS or done >= total:
                    self._last[stage] = self._now()
                    self.line(sentence(event) + self._run.of_stage(stage))
            case _:
                self.line(sentence(event))

    def line(self, message: str) -> None:
        """Print a line with the time of day."""
        self.console.print(text(f"{time.strftime('%H:%M:%S')} {message}"), soft_wrap=True)


class Bars:
    """Shows a bar of the whole run and one per running stage; a finished stage becomes a line.

    The bar of the run has the number of the step, the share of the work that is done and the time
    left; that of a stage the films per second, if it goes through the films.
    """

    def __init__(self, console: Console) -> None:
        self._run = RunProgress()
        self._bars: dict[str, TaskID] = {}
        self._whole: TaskID | None = None
        self.progress = _Table(
            TextColumn("{task.description}", markup=False),
            *([BarColumn(bar_width=None)] if console.width >= _WIDTH_OF_BARS else []),
            TextColumn("{task.fields[count]}", justify="right", markup=False),
            TextColumn("{task.fields[note]}", justify="right", markup=False),
            TimeElapsedColumn(),
            before=self._update,
            console=console,
            expand=True,
        )

    def __call__(self, event: Event) -> None:
        """Move the bars, or print the line of an event."""
        self._run.hear(event)
        match event:
            case StepStarted():
                if self._whole is None:
                    self._whole = self._add("", 1.0)
                    self._update()
            case StepDone():
                pass
            case StageStarted(stage, pieces):
                self._close(stage)
                self._bars[stage] = self._add(stage, pieces)
            case PieceDone(stage, done, total, _):
                if stage not in self._bars:
                    self._bars[stage] = self._add(stage, total)
                count = f"{done}/{total}"
                self.progress.update(self._bars[stage], completed=done, total=total, count=count)
            case StageDone(stage):
                self._close(stage)
                self.line(sentence(event) + self._run.speed_of(stage))
            case _:
                self.line(sentence(event))

    def line(self, message: str) -> None:
        """Print a line above the bars, wrapped between words."""
        print_line(self.progress.console, "", message)

    def _add(self, name: str, total: float | None) -> TaskID:
        return self.progress.add_task(f"{name:<12}", total=total, count="", note="")

    def _update(self) -> None:
        """Show what changes with the time, before each picture."""
        run = self._run
        if self._whole is not None:
            left = run.seconds_left
            self.progress.update(
                self._whole,
                description=f"{run.number} of {run.total}: {run.step}",
                completed=run.share,
                count=f"{run.share:.0%}",
                note="" if left is None else f"{duration(left)} left",
            )
        for stage, bar in tuple(self._bars.items()):
            speed = run.films_per_second(stage)
            if speed is not None:
                self.progress.update(bar, note=f"{speed:,.0f} films/s")

    def _close(self, stage: str) -> None:
        if stage in self._bars:
            self.progress.remove_task(self._bars.pop(stage))


class _Table(Progress):
    """Bars that are brought up to date before each picture of them."""

    def __init__(self, *columns: ProgressColumn, before: Callable[[], None], **more: Any) -> None:
        self._before = before
        super().__init__(*columns, **more)

    def get_renderables(self) -> Iterator[RenderableType]:
        """Yield the table of the bars."""
        self._before()
        yield from super().get_renderables()


@contextmanager
def follow(console: Console, *, level: int = logging.WARNING) -> Iterator[None]:
    """Show events and log records of this project on `console` until the block ends.

    The output of libraries goes there too, so that standard output contains only the result.
    """
    if console.is_terminal and not console.is_dumb_terminal:
        bars = Bars(console)
        with bars.progress, listen(bars), _logged(bars.line, level):
            yield
    else:
        lines = Lines(console)
        with redirect_stdout(sys.stderr), listen(lines), _logged(lines.line, level):
            yield


class _Forward(logging.Handler):
    def __init__(self, line: Callable[[str], None], level: int) -> None:
        super().__init__(level)
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        if hasattr(record, "event"):
            return  # the listener shows the event
        try:
            self._line(f"{record.levelname.lower()}: {self.format(record)}")
        except Exception:
            self.handleError(record)  # as the handlers of the standard library do


@contextmanager
def _logged(line: Callable[[str], None], level: int) -> Iterator[None]:
    handler = _Forward(line, level)
    handler.addFilter(ContextFilter())
    handler.setFormatter(TextFormatter(timed=False))
    before = {
        name: (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in LOGGERS
    }
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False  # Prefect's handlers would print the record again
    try:
        yield
    finally:
        for name, (old_level, old_propagate) in before.items():
            logger = logging.getLogger(name)
            logger.removeHandler(handler)
            logger.setLevel(old_level)
            logger.propagate = old_propagate
