"""Log records with the run, stage and piece that they belong to, and without secrets.

`log_context` sets these fields for a block of code. `worker_logs` forwards the records of workers
to the driver.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from pipeline.observability.redaction import redact

__all__ = [
    "FIELDS",
    "LOGGERS",
    "ContextFilter",
    "JsonFormatter",
    "TextFormatter",
    "add_context",
    "context_value",
    "log_context",
    "record_to_json",
]

FIELDS = ("run", "stage", "piece")
PROGRESS = ("done", "total", "films_per_second", "share", "seconds_left")  # of some events
LOGGERS = ("microgenres", "flows", "pipeline")

_NOTHING: Mapping[str, str] = MappingProxyType({})
_context: ContextVar[Mapping[str, str]] = ContextVar("microgenres_log_context", default=_NOTHING)


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Set the `run`, `stage` or `piece` of the records that are logged in the block.

    Examples
    --------
    >>> with log_context(stage="embed"):
    ...     context_value("stage")
    'embed'
    """
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def context_value(field: str) -> str:
    """Return the `run`, `stage` or `piece` of the current context; "" if there is none."""
    return _context.get().get(field, "")


class ContextFilter(logging.Filter):
    """Adds the context to each record and redacts its message; see `add_context`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True: every record passes."""
        add_context(record)
        return True


def add_context(record: logging.LogRecord) -> None:
    """Add the fields that a record does not have yet, and redact its message and traceback."""
    for field in FIELDS:
        if not hasattr(record, field):
            setattr(record, field, context_value(field))
    record.msg, record.args = redact(record.getMessage()), None
    if record.exc_info and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    if record.exc_text:
        record.exc_text = redact(record.exc_text)


def record_to_json(record: logging.LogRecord) -> dict[str, Any]:
    """Return a record as JSON values: time (UTC), level, logger, message, and its fields.

    `add_context` must have been called on the record.
    """
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    for field in (*FIELDS, "worker", "event", *PROGRESS):
        if value := getattr(record, field, None):
            line[field] = value
    if record.exc_text:
        line["exception"] = record.exc_text
    return line


class JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object in one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the JSON of `record_to_json`."""
        add_context(record)
        return json.dumps(record_to_json(record), ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """Formats a record as text, such as `12:01:33 INFO run 1a2b3c4d embed p00001: 300 rows`.

    Parameters
    ----------
    timed : bool
        Whether to show the time, the level and the run.
    """

    def __init__(self, *, timed: bool = True) -> None:
        super().__init__()
        self._timed = timed

    def format(self, record: logging.LogRecord) -> str:
        """Return the record in one line, followed by its traceback."""
        add_context(record)
        run, stage, piece = (getattr(record, field) for field in FIELDS)
        about = [f"run {run[:8]}"] if run and self._timed else []
        about += [name for name in (stage, piece) if name and not hasattr(record, "event")]
        line = f"{' '.join(about)}: " if about else ""
        if self._timed:
            moment = datetime.fromtimestamp(record.created).astimezone()
            line = f"{moment:%H:%M:%S} {record.levelname} {line}"
        return "\n".join(
            [line + record.getMessage(), *([record.exc_text] if record.exc_text else [])]
        )
