"""Open and close a run: the lock of its folder, its ledger, logs and Dask cluster."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from distributed import Client

from flows.events import Address, Note, emit, listen
from flows.runtime.context import RunContext
from flows.runtime.log_sinks import logged_run
from flows.runtime.prepared_cluster import open_cluster
from flows.runtime.reconcile import settle_dead_runs
from flows.runtime.run_ledger import Ledger, open_ledger
from pipeline.errors import BusyError, QuarantineError
from pipeline.observability.worker_logs import forward_worker_logs
from pipeline.settings import LogSettings, Settings
from pipeline.storage.store import Store

__all__ = ["hold_folder", "open_run", "run_context"]

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0  # between two tries to lock the folder
_CANCELLED = "TerminationSignal"  # of Prefect, when a run is cancelled or its worker is stopped


@contextmanager
def open_run(
    out: str,
    settings: Settings,
    about: Mapping[str, Any],
    *,
    resume: bool = True,
    wait_minutes: float = 0.0,
) -> Iterator[RunContext]:
    """Hold the folder `out` for one run, and yield what its steps share.

    Parameters
    ----------
    out : str
        The output folder.
    settings : Settings
        The settings of the run.
    about : Mapping
        JSON for the ledger, such as sources and profile.
    resume : bool
        Reuse committed pieces; False computes each again.
    wait_minutes : float
        How long to wait for another run on the same folder.

    Raises
    ------
    BusyError
        If another run still holds the folder after that time.
    """
    store = Store(Path(out))
    with (
        hold_folder(store, settings.log, about, wait_seconds=60 * wait_minutes) as run_id,
        run_context(store, run_id, settings, resume=resume) as run,
    ):
        yield run


@contextmanager
def run_context(
    store: Store,
    run_id: str,
    settings: Settings,
    *,
    resume: bool = True,
    model_constants: Mapping[str, str] | None = None,
) -> Iterator[RunContext]:
    """Yield what the steps of one run share; its Dask cluster starts when a stage needs it.

    Parameters
    ----------
    store : Store
        The output folder, held by `hold_folder`.
    run_id : str
        The id under which the workers' log records are collected.
    settings : Settings
        The settings of the run.
    resume : bool
        Reuse committed pieces; False computes each again.
    model_constants : Mapping, optional
        `revision` and `dtype` of the model; by default those of the model of the settings.
    """

    @contextmanager
    def connect() -> Iterator[Client]:
        with (
            open_cluster(settings.dask) as client,
            forward_worker_logs(client, run_id),
        ):
            if client.dashboard_link:
                emit(Address("Dask dashboard", client.dashboard_link))
            yield client

    with RunContext(
        store, settings, connect, resume=resume, model_constants=model_constants
    ) as run:
        yield run


@contextmanager
def hold_folder(
    store: Store, settings: LogSettings, about: Mapping[str, Any], *, wait_seconds: float = 0.0
) -> Iterator[str]:
    """Hold an output folder for one run; yield the id of its logs and of its ledger.

    First the run cleans up after dead ones: Prefect learns of their end, and the files of their
    unfinished attempts are deleted.

    Parameters
    ----------
    store : Store
        The output folder.
    settings : LogSettings
        Where log records go.
    about : Mapping
        JSON for the ledger, such as sources and profile.
    wait_seconds : float
        How long to wait for another run on the same folder.

    Raises
    ------
    BusyError
        If another run still holds the folder after that time.
    """
    flow_run = _flow_run()
    run_id = str(flow_run or uuid4())
    with (
        open_ledger(store.root, run_id, {**about, "prefect": flow_run is not None}) as ledger,
        logged_run(flow_run, settings),
        listen(ledger.hear),
        _record_end(ledger),
        _locked(store, wait_seconds),
    ):
        ledger.set_state("running")
        settle_dead_runs(store.root)
        swept = store.sweep(older_than=0)
        if swept:
            logger.info("removed %d files and folders of unfinished attempts", swept)
        yield run_id


def _flow_run() -> UUID | None:
    from prefect.runtime import flow_run

    found = flow_run.get_id()
    return UUID(found) if found else None


@contextmanager
def _locked(store: Store, wait_seconds: float) -> Iterator[None]:
    """Lock the folder for this run; wait at most `wait_seconds` for another run."""
    deadline = time.monotonic() + wait_seconds
    announced = False
    while True:
        lock = store.lock()
        try:
            lock.__enter__()
            break
        except BusyError:
            if time.monotonic() >= deadline:
                raise
            if not announced:
                emit(Note(f"another run is writing to {store.root}; waiting for it"))
                announced = True
            time.sleep(_POLL_SECONDS)
    with ExitStack() as stack:
        stack.push(lock)
        yield


@contextmanager
def _record_end(ledger: Ledger) -> Iterator[None]:
    """Record how the run ends. A killed process records nothing: the next run finds its ledger."""
    try:
        yield
    except KeyboardInterrupt:
        ledger.set_state("interrupted")
        raise
    except QuarantineError as error:
        ledger.set_state("quarantined", str(error))
        raise
    except BaseException as error:
        cancelled = type(error).__name__ == _CANCELLED
        if cancelled:
            ledger.set_state("cancelled")
        else:
            ledger.set_state("failed", f"{type(error).__name__}: {error}")
        raise
    else:
        ledger.set_state("completed")
