"""What a log record of a run carries: its run, stage and piece, from workers too, and no secret.

`logged_as` names them for the code below it; what a worker logs comes to the driver by
`worker_logs`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from pipeline.observability.redaction import redact

__all__ = [
    "FIELDS",
    "LOGGERS",
    "Json",
    "Plain",
    "Tagged",
    "as_json",
    "logged_as",
    "named",
    "tag",
]

FIELDS = ("run", "stage", "piece")
LOGGERS = ("microgenres", "flows", "pipeline")

_named: ContextVar[Mapping[str, str]] = ContextVar("microgenres_named", default={})  # noqa: B039


@contextmanager
def logged_as(**names: str) -> Iterator[None]:
    """Name the run, stage or piece that the records of the block belong to."""
    token = _named.set({**_named.get(), **names})
    try:
        yield
    finally:
        _named.reset(token)


def named(field: str) -> str:
    """The run, stage or piece that this code works for; "" outside of any."""
    return _named.get().get(field, "")


class Tagged(logging.Filter):
    """Adds the fields to a record, and takes known secrets out of its message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true: it only adds."""
        tag(record)
        return True


def tag(record: logging.LogRecord) -> None:
    """Add to a record the fields that it does not bring, and redact what it says."""
    for field in FIELDS:
        if not hasattr(record, field):
            setattr(record, field, named(field))
    record.msg, record.args = redact(record.getMessage()), None
    if record.exc_info and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    if record.exc_text:
        record.exc_text = redact(record.exc_text)


def as_json(record: logging.LogRecord) -> dict[str, Any]:
    """A tagged record as plain JSON: time (UTC), level, logger, message and the fields it has."""
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    for field in (*FIELDS, "worker", "event"):
        if value := getattr(record, field, None):
            line[field] = value
    if record.exc_text:
        line["exception"] = record.exc_text
    return line


class Json(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as `as_json` tells it."""
        tag(record)
        return json.dumps(as_json(record), ensure_ascii=False)


class Plain(logging.Formatter):
    """`12:01:33 INFO run 1a2b3c4d embed p00001: 300 rows`: the fields that the record has."""

    def __init__(self, *, timed: bool = True) -> None:
        super().__init__()
        self._timed = timed

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line, and its traceback below."""
        tag(record)
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
