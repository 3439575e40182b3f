"""The one place that uses Prefect's private queue services: see `docs/private-apis.md`."""

from __future__ import annotations

import queue
from contextlib import suppress
from typing import Any

from prefect._internal.concurrency.services import _QueueServiceBase

__all__ = ["PrefectQueues"]

_DRAIN_SECONDS = 30.0


class PrefectQueues:
    """The events and log records of this process that wait to be sent to a Prefect server.

    Prefect has no public way to send or drop them. Its sender threads live as long as the process
    and belong to the server for which they were started, not to its address: without `drain`, a
    second run in this process would send its records to the first run's server, which has ended.
    """

    @staticmethod
    def drain() -> None:
        """Send all that waits, and end the sender threads; at most 30 s."""
        _QueueServiceBase.drain_all(timeout=_DRAIN_SECONDS)

    @staticmethod
    def drop() -> None:
        """Discard all that waits for a server that is gone; each would be tried for seconds."""
        services: Any = _QueueServiceBase
        for service in tuple(services._instances.values()):
            with suppress(queue.Empty):
                while True:
                    service._queue.get_nowait()
