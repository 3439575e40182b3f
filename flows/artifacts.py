"""Prefect's artifacts, sent from a thread of their own: the run never waits for the server."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

__all__ = ["Artifacts"]

logger = logging.getLogger(__name__)


class Artifacts:
    """Sends artifacts in the order given; `close` waits for the last.

    An artifact shows what the store already holds, so one that cannot be sent is logged, the rest
    are dropped, and the run goes on.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "artifacts")
        self._lost = False

    def send(self, function: Callable[..., Any], *values: Any, **named: Any) -> Future[Any]:
        """Call a function of `prefect.artifacts` in this run's context; a Future stands for it.

        A Future among `values` is replaced by its result.
        """
        context = copy_context()
        return self._thread.submit(context.run, self._try, function, values, named)

    def close(self) -> None:
        """Wait until all is sent."""
        self._thread.shutdown(wait=True)

    def _try(
        self, function: Callable[..., Any], values: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        if self._lost:
            return None
        try:
            return function(*(v.result() if isinstance(v, Future) else v for v in values), **named)
        except Exception as error:  # whatever the client raises: the artifact is lost, not the run
            self._lost = True
            logger.warning(
                "the Prefect server took no artifact, so its pages show no more of this run: %s",
                error,
            )
            return None
