"""What a log record of a run carries: its run, stage and piece, from workers too, and no secret.

`logged_as` names them for the code below it. A worker hands its records to whoever drives the run
(`from_workers`), so that one log tells the whole of it.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import dask
from distributed import Client, WorkerPlugin

from pipeline.secrets import redact

__all__ = [
    "FIELDS",
    "LOGGERS",
    "Json",
    "Plain",
    "Tagged",
    "WorkerLogs",
    "as_json",
    "from_workers",
    "logged_as",
    "named",
]

FIELDS = ("run", "stage", "piece")
LOGGERS = ("flows", "pipeline")
# How a worker that no driver started prints what it logs: "text", "json", or not at all.
PRINTED = "microgenres.worker-logs"

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
        about += [name for name in (stage, piece) if name]
        line = f"{' '.join(about)}: " if about else ""
        if self._timed:
            moment = datetime.fromtimestamp(record.created).astimezone()
            line = f"{moment:%H:%M:%S} {record.levelname} {line}"
        return "\n".join(
            [line + record.getMessage(), *([record.exc_text] if record.exc_text else [])]
        )


class WorkerLogs(WorkerPlugin):
    """On each worker: hands the records of a run to its driver, under the run's own topic.

    One plugin serves every run on a shared cluster and stays when a run ends.
    """

    idempotent = True
    name = "microgenres-logs"

    def setup(self, worker: Any) -> None:
        """Listen to our loggers in the worker's process."""
        self._handlers: list[logging.Handler] = [_ToDriver(worker)]
        printed = dask.config.get(PRINTED, None)
        if printed:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(Json() if printed == "json" else Plain())
            self._handlers.append(handler)
        for name in LOGGERS:
            logger = logging.getLogger(name)
            for handler in self._handlers:
                logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False

    def teardown(self, worker: Any) -> None:
        """Stop listening."""
        for name in LOGGERS:
            for handler in self._handlers:
                logging.getLogger(name).removeHandler(handler)


class _ToDriver(logging.Handler):
    def __init__(self, worker: Any) -> None:
        super().__init__(logging.INFO)
        self._worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        try:
            tag(record)
            run = getattr(record, "run", "")
            if run and not hasattr(record, "worker"):
                told = {**as_json(record), "levelno": record.levelno, "created": record.created}
                self._worker.log_event(_topic(run), told)
        except Exception:
            self.handleError(record)  # as every handler of the standard library does


@contextmanager
def from_workers(client: Client, run: str) -> Iterator[None]:
    """Handle in this process, as if logged here, what the workers log for `run` meanwhile."""
    client.subscribe_topic(_topic(run), _received)
    client.register_plugin(WorkerLogs())
    try:
        yield
    finally:
        with suppress(ValueError, OSError):  # a scheduler that is gone sends nothing more
            client.unsubscribe_topic(_topic(run))


def _topic(run: str) -> str:
    return f"microgenres-logs-{run}"


def _received(event: tuple[float, Mapping[str, Any]]) -> None:
    _, told = event
    logger = logging.getLogger(str(told["logger"]))
    if logger.isEnabledFor(told["levelno"]):
        attributes = {field: told.get(field, "") for field in (*FIELDS, "worker")}
        attributes |= {"name": told["logger"], "msg": told["message"], "args": None}
        attributes |= {"levelno": told["levelno"], "levelname": told["level"]}
        attributes |= {"created": told["created"], "exc_text": told.get("exception")}
        logger.handle(logging.makeLogRecord(attributes))
