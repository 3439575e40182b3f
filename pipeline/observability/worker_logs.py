"""Forward the log records of workers to the driver of their run, so that one log has them all."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import dask
from distributed import Client, WorkerPlugin

from pipeline.observability.log_records import (
    FIELDS,
    LOGGERS,
    JsonFormatter,
    TextFormatter,
    add_context,
    record_to_json,
)

__all__ = ["PRINT_LOGS", "WorkerLogs", "forward_worker_logs"]

# Key in the Dask configuration of a worker: also print its records, as "text" or "json".
PRINT_LOGS = "microgenres.worker-logs"


class WorkerLogs(WorkerPlugin):
    """Sends the records of each run to its driver, under a topic of the run.

    A worker has one plugin for all runs of a shared cluster; it stays when a run ends.
    """

    idempotent = True
    name = "microgenres-logs"

    def setup(self, worker: Any) -> None:
        """Add handlers to the loggers of this project in the worker's process."""
        self._handlers: list[logging.Handler] = [_ToDriver(worker)]
        style = dask.config.get(PRINT_LOGS, None)
        if style:
            lines = logging.StreamHandler(sys.stderr)
            lines.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
            self._handlers.append(lines)
        for name in LOGGERS:
            logger = logging.getLogger(name)
            for handler in self._handlers:
                logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False

    def teardown(self, worker: Any) -> None:
        """Remove the handlers."""
        for name in LOGGERS:
            for handler in self._handlers:
                logging.getLogger(name).removeHandler(handler)


class _ToDriver(logging.Handler):
    def __init__(self, worker: Any) -> None:
        super().__init__(logging.INFO)
        self._worker = worker

    def emit(self, record: logging.LogRecord) -> None:
        try:
            add_context(record)
            run = getattr(record, "run", "")
            if run and not hasattr(record, "worker"):
                event = record_to_json(record) | {"worker": self._worker.address}
                event |= {"levelno": record.levelno, "created": record.created}
                self._worker.log_event(_topic(run), event)
        except Exception:
            self.handleError(record)  # like every handler of the standard library


@contextmanager
def forward_worker_logs(client: Client, run: str) -> Iterator[None]:
    """Log in this process, until the block ends, what the workers log for `run`."""
    client.subscribe_topic(_topic(run), _received)
    client.register_plugin(WorkerLogs())
    try:
        yield
    finally:
        with suppress(ValueError, OSError):  # the scheduler may be gone
            client.unsubscribe_topic(_topic(run))


def _topic(run: str) -> str:
    return f"microgenres-logs-{run}"


def _received(message: tuple[float, Mapping[str, Any]]) -> None:
    _, event = message
    logger = logging.getLogger(str(event["logger"]))
    if logger.isEnabledFor(event["levelno"]):
        attributes = {field: event.get(field, "") for field in (*FIELDS, "worker")}
        attributes |= {"name": event["logger"], "msg": event["message"], "args": None}
        attributes |= {"levelno": event["levelno"], "levelname": event["level"]}
        attributes |= {"created": event["created"], "exc_text": event.get("exception")}
        logger.handle(logging.makeLogRecord(attributes))
