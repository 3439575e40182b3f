"""How a run is followed on standard error: by a person, or by what reads JSON lines."""

from __future__ import annotations

import logging
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from flows.events import Event, PieceDone, StageDone, StageStarted, listen, sentence
from pipeline.observability.log_records import LOGGERS, ContextFilter, TextFormatter

__all__ = [
    "Bars",
    "Lines",
    "follow",
    "quiet_dask",
    "shown",
    "standard_error",
    "standard_output",
    "text",
]


def quiet_dask() -> None:
    """Keep Dask's word of every connection from the log; it sets its level when imported."""
    import distributed  # noqa: F401

    logging.getLogger("distributed").setLevel(logging.WARNING)


def shown(
    profile: str, file: Path | None, chosen: dict[str, Any], *, verbose: bool
) -> AbstractContextManager[None]:
    """Show a run for as long as the block lasts, as the settings for logs say."""
    from pipeline.settings import load_settings

    log = load_settings(profile=profile, file=file, overrides=chosen).log
    if log.format == "json":
        from flows.runtime.log_sinks import log_lines

        return log_lines(log)
    return follow(standard_error(), level=logging.INFO if verbose else logging.WARNING)


def text(value: object, style: str = "") -> Text:
    """`value` to the letter: no markup, and nothing that steers a terminal."""
    shown = "".join(_visible(character) for character in str(value))
    return Text(shown, style=style, overflow="fold")


def _visible(character: str) -> str:
    if character in "\n\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) == "Cc" else character


LINE_SECONDS = 5.0  # plain lines of one stage are at least so far apart, the last one excepted


def standard_output() -> Console:
    """Where results go; numbers and paths in them are not coloured by guess."""
    return Console(file=sys.stdout, highlight=False)


def standard_error() -> Console:
    """Where all else goes."""
    return Console(file=sys.stderr, highlight=False)


class Lines:
    """Plain log lines: `12:01:33 embed 3/10`.

    Parameters
    ----------
    console : where to. now : seconds that never go back, for the distance between two lines.
    """

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self.console, self._now = console, now
        self._last: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Print the line of an event, unless the stage's last line is too fresh."""
        match event:
            case StageStarted(stage):
                self._last[stage] = self._now()
                self.line(sentence(event))
            case PieceDone(total=1):
                pass  # the end of the stage follows at once
            case PieceDone(stage, done, total):
                since = self._now() - self._last.get(stage, float("-inf"))
                if since >= LINE_SECONDS or done >= total:
                    self._last[stage] = self._now()
                    self.line(sentence(event))
            case _:
                self.line(sentence(event))

    def line(self, message: str) -> None:
        """Print a line with the time of day."""
        self.console.print(text(f"{time.strftime('%H:%M:%S')} {message}"), soft_wrap=True)


class Bars:
    """One bar per running stage; a finished stage leaves a line above the bars."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description:<12}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            expand=True,
        )
        self._bars: dict[str, TaskID] = {}

    def __call__(self, event: Event) -> None:
        """Move the bar of a stage, or print the line of an event."""
        match event:
            case StageStarted(stage, pieces):
                self._close(stage)
                self._bars[stage] = self.progress.add_task(stage, total=pieces)
            case PieceDone(stage, done, total, _):
                if stage not in self._bars:
                    self._bars[stage] = self.progress.add_task(stage, total=total)
                self.progress.update(self._bars[stage], completed=done, total=total)
            case StageDone(stage):
                self._close(stage)
                self.line(sentence(event))
            case _:
                self.line(sentence(event))

    def line(self, message: str) -> None:
        """Print a line above the bars."""
        self.progress.console.print(text(message), soft_wrap=True)

    def _close(self, stage: str) -> None:
        if stage in self._bars:
            self.progress.remove_task(self._bars.pop(stage))


@contextmanager
def follow(console: Console, *, level: int = logging.WARNING) -> Iterator[None]:
    """Show events and our own log records on `console`; what others print goes there too.

    Standard output stays free for the result, whatever a library prints.
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
            return  # shown as the event that it is
        try:
            self._line(f"{record.levelname.lower()}: {self.format(record)}")
        except Exception:
            self.handleError(record)  # as every handler of the standard library does


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
        logger.propagate = False  # an orchestrator's own handlers would print it again
    try:
        yield
    finally:
        for name, (old_level, old_propagate) in before.items():
            logger = logging.getLogger(name)
            logger.removeHandler(handler)
            logger.setLevel(old_level)
            logger.propagate = old_propagate
