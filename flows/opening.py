"""Opens a run: folder, cluster, logs and settings, closed again in reverse order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.progress import Address, emit
from flows.run import Run
from flows.under_way import under_way
from pipeline.model import identify
from pipeline.partitions import local_cluster
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.worker_logs import from_workers

__all__ = ["opened"]


@contextmanager
def opened(
    out: str,
    settings: Settings,
    about: Mapping[str, Any],
    *,
    resume: bool = True,
    wait_minutes: float = 0.0,
) -> Iterator[Run]:
    """Hold the folder `out` and a Dask cluster for one run.

    Parameters
    ----------
    about : JSON for the ledger, such as sources and profile.
    resume : take what is committed as it is; False makes it again.
    wait_minutes : how long to wait for another run on the same folder.

    Raises
    ------
    BusyError
        when another run still holds the folder after that time.
    """
    store = Store(Path(out))
    with (
        under_way(store, settings.log, about, wait_seconds=60 * wait_minutes) as run_id,
        local_cluster(settings.dask) as client,
        from_workers(client, run_id),
        Run(store, client, settings, identify(settings.embed), resume) as run,
    ):
        if client.dashboard_link:
            emit(Address("Dask dashboard", client.dashboard_link))
        yield run
