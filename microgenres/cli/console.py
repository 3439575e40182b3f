"""The progress of a run on standard error: bars, plain lines, or JSON lines."""

from __future__ import annotations

import logging
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from rich.cells import cell_len
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
from pipeline.imports import load
from pipeline.observability.log_records import LOGGERS, ContextFilter, TextFormatter

__all__ = [
    "Bars",
    "Lines",
    "follow",
    "print_line",
    "quiet_dask",
    "shown",
    "standard_error",
    "standard_output",
    "text",
]


def quiet_dask() -> None:
    """Hide Dask's log records of each connection; importing Dask sets its log level."""
    load(["distributed"])

    logging.getLogger("distributed").setLevel(logging.WARNING)


def shown(
    profile: str, file: Path | None, chosen: dict[str, Any], *, verbose: bool
) -> AbstractContextManager[None]:
    """Show the progress of a run until the block ends, in the format of the log settings."""
    from pipeline.settings import load_settings

    log = load_settings(profile=profile, file=file, overrides=chosen).log
    if log.format == "json":
        from flows.runtime.log_sinks import log_lines

        lines: AbstractContextManager[None] = log_lines(log)
    else:
        lines = follow(standard_error(), level=logging.INFO if verbose else logging.WARNING)
    return _with_one_line_errors(lines)


@contextmanager
def _with_one_line_errors(shown: AbstractContextManager[None]) -> Iterator[None]:
    """Show a run without Prefect's records of its failure: the command prints the error itself."""
    load(["prefect.main"])  # its import adds the handlers

    console_filter = _NoFailures()
    handlers = [*logging.getLogger().handlers, *logging.getLogger("prefect").handlers]
    for handler in handlers:
        handler.addFilter(console_filter)
    try:
        with shown:
            yield
    finally:
        for handler in handlers:
            handler.removeFilter(console_filter)


class _NoFailures(logging.Filter):
    """Lets no error of a flow or task run pass, and a retry only without its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name not in ("prefect.flow_runs", "prefect.task_runs"):
            return True
        if "Retry" not in record.getMessage():
            return record.levelno < logging.ERROR
        record.exc_info = record.exc_text = None  # Prefect's own handler has sent the record
        return True


def text(value: object, style: str = "") -> Text:
    """Return `value` as literal text: no markup, and no control characters of a terminal."""
    shown = "".join(_visible(character) for character in str(value))
    return Text(shown, style=style, overflow="fold")


def print_line(console: Console, label: str, value: object = "") -> None:
    """Print a line; on a terminal it is wrapped between words, below the end of its label.

    A longer word, such as a path, is not broken: the terminal shows it, and copies it, as one.
    """
    line = text(value).plain
    width = max(20, console.width - cell_len(label))
    for part in _wrapped(line, width) if console.is_terminal else [line]:
        console.print(text(label) + text(part), soft_wrap=True)
        label = " " * cell_len(label)


def _wrapped(line: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` columns, except for longer words."""
    lines = [""]
    for word in line.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cell_len(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _visible(character: str) -> str:
    if character in "\n\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) == "Cc" else character


LINE_SECONDS = 5.0  # least time between two plain lines of one stage, except for its last line


def standard_output() -> Console:
    """Return the console for results; it colours no numbers or paths."""
    return Console(file=sys.stdout, highlight=False)


def standard_error() -> Console:
    """Return the console for everything but results."""
    return Console(file=sys.stderr, highlight=False)


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

    def __call__(self, event: Event) -> None:
        """Print the line of an event, unless the last line of the stage is too recent."""
        match event:
            case StageStarted(stage):
                self._last[stage] = self._now()
                self.line(sentence(event))
            case PieceDone(total=1):
                pass  # the end of the stage follows immediately
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
    """Shows a bar per running stage; a finished stage becomes a line above the bars."""

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
