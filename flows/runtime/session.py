"""Opens a run: folder, cluster, logs and settings, closed again in reverse order."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flows.events import Address, Note, emit, listen
from flows.runtime.context import Run
from flows.runtime.log_sinks import logged_run
from flows.runtime.reconcile import settle_dead_runs
from flows.runtime.run_ledger import Ledger, entered
from pipeline.embedding.weights import identify
from pipeline.errors import BusyError, QuarantineError
from pipeline.execution.runner import local_cluster
from pipeline.observability.worker_logs import from_workers
from pipeline.settings import LogSettings, Settings
from pipeline.storage.work_store import Store

__all__ = ["opened", "under_way"]


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


logger = logging.getLogger(__name__)


_LOOK_SECONDS = 1.0


_CANCELLED = "TerminationSignal"  # of Prefect, when a run is cancelled or its worker is stopped


@contextmanager
def under_way(
    store: Store, settings: LogSettings, about: Mapping[str, Any], *, wait_seconds: float = 0.0
) -> Iterator[str]:
    """Hold an output folder for one run; yields the id under which its logs and ledger go.

    What dead runs left is put right first: Prefect is told of their end, and the files of their
    abandoned attempts go.

    Parameters
    ----------
    about : JSON for the ledger, such as sources and profile.
    wait_seconds : how long to wait for another run on the same folder.

    Raises
    ------
    BusyError
        when another run still holds the folder after that time.
    """
    flow_run = _flow_run()
    run_id = str(flow_run or uuid4())
    with (
        entered(store.root, run_id, {**about, "prefect": flow_run is not None}) as ledger,
        logged_run(flow_run, settings),
        listen(ledger.hear),
        _written_down(ledger),
        _held(store, wait_seconds),
    ):
        ledger.state("running")
        settle_dead_runs(store.root)
        swept = store.sweep(older_than=0)
        if swept:
            logger.info("%d files and folders that no attempt will finish are removed", swept)
        yield run_id


def _flow_run() -> UUID | None:
    from prefect.runtime import flow_run

    found = flow_run.get_id()
    return UUID(found) if found else None


@contextmanager
def _held(store: Store, wait_seconds: float) -> Iterator[None]:
    """The folder for this run alone, waited for at most `wait_seconds`."""
    deadline = time.monotonic() + wait_seconds
    told = False
    while True:
        ours = store.lock()
        try:
            ours.__enter__()
            break
        except BusyError:
            if time.monotonic() >= deadline:
                raise
            if not told:
                emit(Note(f"another run is writing to {store.root}; waiting for it"))
                told = True
            time.sleep(_LOOK_SECONDS)
    with ExitStack() as stack:
        stack.push(ours)
        yield


@contextmanager
def _written_down(ledger: Ledger) -> Iterator[None]:
    """Write down how the run ends, whatever ends it; a killed process is found by the next one."""
    try:
        yield
    except KeyboardInterrupt:
        ledger.state("interrupted")
        raise
    except QuarantineError as error:
        ledger.state("quarantined", error=str(error))
        raise
    except BaseException as error:
        cancelled = type(error).__name__ == _CANCELLED
        how = {} if cancelled else {"error": f"{type(error).__name__}: {error}"}
        ledger.state("cancelled" if cancelled else "failed", **how)
        raise
    else:
        ledger.state("completed")
