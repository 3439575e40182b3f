"""Prefect artifacts, sent from their own thread, so that the run never waits for the server."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from prefect.artifacts import (
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.events import PieceDone, StageDone, StageStarted, emit
from pipeline.execution.runner import StageResult
from pipeline.fileio.manifest import Manifest

__all__ = ["Artifacts", "ShownStage", "show_stage"]

logger = logging.getLogger(__name__)

_SHOW_SECONDS = 2.0
_LISTED = 500


class Artifacts:
    """Sends artifacts in order; `close` waits for the last one.

    An artifact only shows what the store contains. So if one cannot be sent, that is logged, the
    others are dropped, and the run continues.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "artifacts")
        self._lost = False

    def send(self, function: Callable[..., Any], *values: Any, **named: Any) -> Future[Any]:
        """Call a function of `prefect.artifacts` in the context of this run, later.

        Returns
        -------
        Future
            Its result. It may be one of the `values` of a later call, which then gets the result.
        """
        context = copy_context()
        return self._thread.submit(context.run, self._try, function, values, named)

    def close(self) -> None:
        """Wait until all artifacts are sent."""
        self._thread.shutdown(wait=True)

    def _try(
        self, function: Callable[..., Any], values: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        if self._lost:
            return None
        try:
            return function(*(v.result() if isinstance(v, Future) else v for v in values), **named)
        except Exception as error:  # any error of the client loses the artifact, not the run
            self._lost = True
            logger.warning(
                "the Prefect server did not accept an artifact; it shows no more of this run: %s",
                error,
            )
            return None


class ShownStage:
    """A stage as the terminal and the Prefect UI show it."""

    def __init__(
        self, name: str, pieces: int, artifacts: Artifacts, films: int | None = None
    ) -> None:
        self.name, self.pieces, self.send = name, pieces, artifacts.send
        self.last = time.monotonic()
        emit(StageStarted(name, pieces, films))
        about = f"Pieces of {name}"
        self.artifact = self.send(
            create_progress_artifact, 0.0, key=f"{name}-progress", description=about
        )

    def piece(self, done: int, total: int, _manifest: Manifest) -> None:
        """Show that `done` of `total` pieces are committed."""
        emit(PieceDone(self.name, done, total))
        if time.monotonic() - self.last > _SHOW_SECONDS:
            self.last = time.monotonic()
            self.send(update_progress_artifact, self.artifact, 100.0 * done / total)

    def end(self, result: StageResult, seconds: float) -> None:
        """Show the end of the stage, with a table of its pieces."""
        self.send(update_progress_artifact, self.artifact, 100.0)
        rows = [
            {
                "piece": manifest.key,
                "rows in": manifest.rows_in,
                "rows out": sum(ref.rows or 0 for ref in manifest.outputs.values()),
                "seconds": round(manifest.seconds, 2),
                "files": ", ".join(sorted(manifest.outputs)),
            }
            for manifest in result.manifests[:_LISTED]
        ]
        self.send(
            create_table_artifact,
            rows,
            key=f"{self.name}-partitions",
            description=f"{len(result.manifests)} pieces of {self.name}, {result.reused} reused",
        )
        detail = f"{result.reused} of {self.pieces} reused" if result.reused else ""
        emit(StageDone(self.name, seconds, detail))


def show_stage(
    name: str, seconds: float, rows: list[dict[str, Any]], detail: str, artifacts: Artifacts
) -> None:
    """Show work that the flow did in its own process, without pieces."""
    about = f"Pieces of {name}"
    artifacts.send(create_progress_artifact, 100.0, key=f"{name}-progress", description=about)
    artifacts.send(
        create_table_artifact, rows[:_LISTED], key=f"{name}-partitions", description=detail
    )
    emit(StageDone(name, seconds, detail))
