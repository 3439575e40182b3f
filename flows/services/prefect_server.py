"""The Prefect server of a run: that of PREFECT_API_URL, or an embedded one with SQLite.

The embedded server is a separate process on loopback with its UI. It is restarted when it dies, and
ends with the run, whatever ends the run. Its records stay in the output folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.events import Address, emit
from flows.services.embedded_server import embedded_server
from flows.services.prefect_queues import PrefectQueues
from pipeline.observability.redaction import redact

__all__ = ["prefect_server"]


@contextmanager
def prefect_server(
    log: Path, home: Path | None = None, *, port: int | None = None, schedules: bool = False
) -> Iterator[str]:
    """Yield the address of a Prefect API; start an embedded server if none is configured.

    Parameters
    ----------
    log : Path
        File for the output of the embedded server.
    home : Path, optional
        Folder for the database of the embedded server; by default `prefect` beside the log.
    port : int, optional
        Port of the embedded server; any free one by default.
    schedules : bool
        Whether the embedded server schedules the runs of deployments.

    Raises
    ------
    MicrogenresError
        If the embedded server ends, or does not answer within two minutes.
    """
    given = PREFECT_API_URL.value()
    if given:
        emit(Address("Prefect UI", redact(given.removesuffix("/api"))))
        yield given
        return
    with embedded_server(log, home, port=port, schedules=schedules) as server:
        emit(Address("Prefect UI", server.url.removesuffix("/api")))
        with temporary_settings({PREFECT_API_URL: server.url}):
            try:
                yield server.url
            finally:
                PrefectQueues.drain()
