"""What a command shows on standard error while a run works, in the format of the log settings."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from microgenres.cli.console import standard_error
from pipeline.imports import load

__all__ = ["quiet_dask", "shown"]


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
