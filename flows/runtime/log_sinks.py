"""Where the log records of a run go: the Prefect UI, and standard error as JSON or lines."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from contextvars import copy_context
from uuid import UUID

from flows.events import Event, PieceDone, StageDone, StageStarted, is_heard, listen, sentence
from pipeline.observability.log_records import (
    LOGGERS,
    ContextFilter,
    JsonFormatter,
    TextFormatter,
    log_context,
)
from pipeline.settings import LogSettings

__all__ = ["log_event", "log_lines", "logged_run"]

logger = logging.getLogger(__name__)


def log_event(event: Event) -> None:
    """Log an event of a flow, except for pieces: the workers log these."""
    match event:
        case PieceDone():
            return
        case StageStarted(stage) | StageDone(stage):
            with log_context(stage=stage):
                logger.info(sentence(event), extra={"event": type(event).__name__})
        case _:
            logger.info(sentence(event), extra={"event": type(event).__name__})


@contextmanager
def log_lines(settings: LogSettings) -> Iterator[None]:
    """Print log records and events of this project on standard error, as the settings say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    with redirect_stdout(sys.stderr), listen(log_event), _attached(handler, settings.level):
        yield


@contextmanager
def logged_run(run_id: UUID | None, settings: LogSettings) -> Iterator[None]:
    """Send the log records of a flow run to Prefect; print them too if no terminal shows the run.

    Parameters
    ----------
    run_id : UUID, optional
        Id of the flow run; None outside of Prefect, which then gets no records.
    settings : LogSettings
        Format and level.
    """
    with ExitStack() as stack:
        if not is_heard():  # started by a Prefect worker: no terminal follows it
            stack.enter_context(log_lines(settings))
        elif run_id is not None:
            stack.enter_context(listen(log_event))
        if run_id is not None:
            stack.enter_context(log_context(run=str(run_id)))
            stack.enter_context(_attached(_to_prefect(run_id), settings.level))
        yield


def _to_prefect(run_id: UUID) -> logging.Handler:
    from prefect.context import FlowRunContext, TaskRunContext
    from prefect.logging.handlers import APILogHandler

    # Threads of Dask know neither the run nor the address of its server: with their settings,
    # Prefect would start a server of its own for the record.
    context = copy_context()

    class ToPrefect(APILogHandler):
        def emit(self, record: logging.LogRecord) -> None:
            if FlowRunContext.get() is None and TaskRunContext.get() is None:
                record.flow_run_id = run_id
                context.copy().run(super().emit, record)
            else:
                super().emit(record)

    handler = ToPrefect()
    handler.setFormatter(TextFormatter(timed=False))
    return handler


@contextmanager
def _attached(handler: logging.Handler, level: str) -> Iterator[None]:
    handler.addFilter(ContextFilter())
    handler.setLevel(level)
    before = []
    for name in LOGGERS:
        own = logging.getLogger(name)
        before.append((own, own.level, own.propagate))
        own.addHandler(handler)
        own.setLevel(min(handler.level, own.level or handler.level))
        own.propagate = False  # Prefect's handlers would print the record again
    try:
        yield
    finally:
        for own, old_level, old_propagate in before:
            own.removeHandler(handler)
            own.setLevel(old_level)
            own.propagate = old_propagate
