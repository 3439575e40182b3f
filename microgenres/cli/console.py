"""The terminal: the two consoles, literal text, and what a run shows on standard error."""

from __future__ import annotations

import logging
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pipeline.imports import load

__all__ = ["print_line", "quiet_dask", "shown", "standard_error", "standard_output", "text"]


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
        from microgenres.cli.progress import follow

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


def standard_output() -> Console:
    """Return the console for results; it colours no numbers or paths."""
    return Console(file=sys.stdout, highlight=False)


def standard_error() -> Console:
    """Return the console for everything but results."""
    return Console(file=sys.stderr, highlight=False)
