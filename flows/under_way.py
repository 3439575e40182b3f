"""What surrounds a run on an output folder: its ledger, its logs, and waiting for the folder."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID, uuid4

from flows.crashed import settle_dead_runs
from flows.ledger import Ledger, entered
from flows.logs import logged_run
from flows.progress import Note, emit, listen
from pipeline.errors import BusyError, QuarantineError
from pipeline.settings import LogSettings
from pipeline.store import Store

__all__ = ["under_way"]

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
