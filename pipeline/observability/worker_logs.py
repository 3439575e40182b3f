"""Brings what workers log to whoever drives the run, so that one log tells the whole of it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import dask
from distributed import Client, WorkerPlugin

from pipeline.observability.log_records import FIELDS, LOGGERS, Json, Plain, as_json, tag

__all__ = ["PRINTED", "WorkerLogs", "from_workers"]

# In Dask's configuration of a worker: print what it logs too, as "text" or "json".
PRINTED = "microgenres.worker-logs"


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
            lines = logging.StreamHandler(sys.stderr)
            lines.setFormatter(Json() if printed == "json" else Plain())
            self._handlers.append(lines)
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
                told = as_json(record) | {"worker": self._worker.address}
                told |= {"levelno": record.levelno, "created": record.created}
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
