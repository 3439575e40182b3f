"""Where the log records of a run go: the Prefect UI, and standard error as JSON or lines."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from contextvars import copy_context
from uuid import UUID

from flows.events import Event, PieceDone, StageDone, StageStarted, is_heard, listen, sentence
from flows.progress import Progress
from pipeline.observability.log_records import (
    LOGGERS,
    ContextFilter,
    JsonFormatter,
    TextFormatter,
    log_context,
)
from pipeline.settings import LogSettings

__all__ = ["EventLog", "log_lines", "logged_run"]

logger = logging.getLogger(__name__)


_PROGRESS_SECONDS = 10.0  # least time between two records of the progress of a stage


class EventLog:
    """Logs the events of a flow: steps, stages, and every ten seconds how far a stage is.

    The records of progress have the fields `done`, `total`, `films_per_second`, `share` (of the
    whole run, 0 to 1) and `seconds_left`; the last three only if they are known.

    Parameters
    ----------
    now : callable
        Returns monotonic seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._progress = now, Progress(now)
        self._last: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Log an event."""
        self._progress.hear(event)
        match event:
            case PieceDone(stage, done, total):
                if self._now() - self._last.setdefault(stage, self._now()) >= _PROGRESS_SECONDS:
                    self._last[stage] = self._now()
                    self._log_progress(event, stage, {"done": done, "total": total})
            case StageStarted(stage) | StageDone(stage):
                self._last[stage] = self._now()
                with log_context(stage=stage):
                    logger.info(sentence(event), extra={"event": type(event).__name__})
            case _:
                logger.info(sentence(event), extra={"event": type(event).__name__})

    def _log_progress(self, event: PieceDone, stage: str, counts: dict[str, int]) -> None:
        speed, left = self._progress.films_per_second(stage), self._progress.seconds_left
        known = {
            "films_per_second": None if speed is None else round(speed, 1),
            "share": round(self._progress.share, 4) or None,
            "seconds_left": None if left is None else round(left),
        }
        fields = counts | {name: value for name, value in known.items() if value is not None}
        line = sentence(event) + self._progress.of_stage(stage)
        with log_context(stage=stage):
            logger.info(line, extra={"event": "PieceDone", **fields})


@contextmanager
def log_lines(settings: LogSettings) -> Iterator[None]:
    """Print log records and events of this project on standard error, as the settings say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    with redirect_stdout(sys.stderr), listen(EventLog()), _attached(handler, settings.level):
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
            stack.enter_context(listen(EventLog()))
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
