"""Where the records of a run go: to the Prefect UI, and in JSON or lines to standard error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from uuid import UUID

from flows.events import Event, PieceDone, StageDone, StageStarted, is_heard, listen, sentence
from pipeline.observability.log_records import LOGGERS, Json, Plain, Tagged, logged_as
from pipeline.settings import LogSettings

__all__ = ["log_event", "log_lines", "logged_run"]

logger = logging.getLogger(__name__)


def log_event(event: Event) -> None:
    """Log an event of a flow; single pieces are told by the workers that did them."""
    match event:
        case PieceDone():
            return
        case StageStarted(stage) | StageDone(stage):
            with logged_as(stage=stage):
                logger.info(sentence(event), extra={"event": type(event).__name__})
        case _:
            logger.info(sentence(event), extra={"event": type(event).__name__})


@contextmanager
def log_lines(settings: LogSettings) -> Iterator[None]:
    """Print our records and events on standard error, as the settings say; nothing else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if settings.format == "json" else Plain())
    with redirect_stdout(sys.stderr), listen(log_event), _attached(handler, settings.level):
        yield


@contextmanager
def logged_run(run_id: UUID | None, settings: LogSettings) -> Iterator[None]:
    """Send the records of a flow run to Prefect; print them too where nobody else shows the run.

    Parameters
    ----------
    run_id : of the flow run; None outside of Prefect, which is sent nothing then.
    """
    with ExitStack() as stack:
        if not is_heard():  # started by a Prefect worker: no terminal follows it
            stack.enter_context(log_lines(settings))
        elif run_id is not None:
            stack.enter_context(listen(log_event))
        if run_id is not None:
            stack.enter_context(logged_as(run=str(run_id)))
            stack.enter_context(_attached(_to_prefect(run_id), settings.level))
        yield


def _to_prefect(run_id: UUID) -> logging.Handler:
    from prefect.context import FlowRunContext, TaskRunContext
    from prefect.logging.handlers import APILogHandler

    class ToPrefect(APILogHandler):
        def emit(self, record: logging.LogRecord) -> None:
            if FlowRunContext.get() is None and TaskRunContext.get() is None:
                record.flow_run_id = run_id  # told by a thread of Dask's
            super().emit(record)

    handler = ToPrefect()
    handler.setFormatter(Plain(timed=False))
    return handler


@contextmanager
def _attached(handler: logging.Handler, level: str) -> Iterator[None]:
    handler.addFilter(Tagged())
    handler.setLevel(level)
    before = []
    for name in LOGGERS:
        ours = logging.getLogger(name)
        before.append((ours, ours.level, ours.propagate))
        ours.addHandler(handler)
        ours.setLevel(min(handler.level, ours.level or handler.level))
        ours.propagate = False  # an orchestrator's own handlers would print it again
    try:
        yield
    finally:
        for ours, old_level, old_propagate in before:
            ours.removeHandler(handler)
            ours.setLevel(old_level)
            ours.propagate = old_propagate
