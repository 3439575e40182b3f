"""Open a Dask cluster: a local one, or a running scheduler by its address."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, WorkerPlugin
from distributed.comm.core import CommClosedError

from pipeline.errors import StageError
from pipeline.execution.fork_server import (
    START_METHOD,
    WORKER_ENVIRONMENT,
    start_fork_server,
)
from pipeline.execution.gpu_devices import OneDevice, visible_devices
from pipeline.execution.heartbeat import check_scheduler, disconnect_when_silent
from pipeline.execution.tls import check_address, security
from pipeline.settings import DaskSettings

__all__ = ["CLUSTER_CONFIG", "local_cluster"]

logger = logging.getLogger(__name__)

# Configuration of every scheduler and worker, here and in `microgenres scheduler|worker`.
CLUSTER_CONFIG = {
    "distributed.nanny.pre-spawn-environ": WORKER_ENVIRONMENT,
    # A worker has only the piece that it runs, so that its death points to one piece.
    "distributed.scheduler.worker-saturation": 1.0,
    # After two deaths a piece is suspected; the driver then tries it alone.
    "distributed.scheduler.allowed-failures": 1,
    # The default gives up a worker that does not restart within seconds, or that is restarting for
    # the second time. A nanny always restarts it.
    "distributed.deploy.lost-worker-timeout": "7 days",
    # Workers store no tables, so there is nothing to spill, and a paused worker would never
    # continue. Above its limit a worker is killed, and its piece is retried with less memory.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
}


# Here only: other machines may be of another kind.
_LOCAL_CONFIG = CLUSTER_CONFIG | {"distributed.worker.multiprocessing-method": START_METHOD}


@contextmanager
def local_cluster(settings: DaskSettings, shared: Sequence[str] = ()) -> Iterator[Client]:
    """Yield a client of `settings.scheduler`, or of a local cluster that ends with the block.

    Parameters
    ----------
    settings : DaskSettings
        The section `dask`. Without a scheduler and without `workers`, one worker per core starts.
    shared : sequence of str
        Modules that local workers share, see `start_fork_server`.

    Raises
    ------
    SettingsError
        If the scheduler is on another machine and neither TLS nor a trusted network is set.
    StageError
        If the scheduler does not answer, now or later, or the local cluster does not start.
    """
    if settings.scheduler is not None:
        check_address(settings.scheduler, settings)
        tls = security(settings)
        try:
            check_scheduler(settings.scheduler, settings.wait_seconds, tls)
            client = Client(
                settings.scheduler,
                timeout=settings.wait_seconds,
                security=tls,
                set_as_default=False,
            )
        except (OSError, ValueError) as error:
            why = str(error) or f"none in {settings.wait_seconds:g} s"  # a time-out has no message
            raise StageError(
                f"setting dask.scheduler = {settings.scheduler!r}: no answer: {why}; "
                "start a scheduler there, or leave the setting out for a local cluster"
            ) from error
        with (
            client,
            _explain_lost_scheduler(settings),
            disconnect_when_silent(client, settings.wait_seconds),
        ):
            yield client
        return
    workers = settings.workers or CPU_COUNT
    start_fork_server(shared)
    with (
        dask.config.set(_LOCAL_CONFIG),
        _open(settings, workers) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.register_plugin(_QuickEnd())
        if len(devices := visible_devices()) > 1:
            client.register_plugin(OneDevice(devices))
        logger.info("%d local workers, dashboard %s", workers, client.dashboard_link)
        yield client


class _QuickEnd(WorkerPlugin):
    """Ends the process of a closed worker at once: freeing lexicons and models takes seconds."""

    name = "microgenres-quick-end"

    def setup(self, worker: Any) -> None:
        """Register the exit in a worker's process; the function registered last runs first."""
        atexit.register(_exit_now)


def _exit_now() -> None:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@contextmanager
def _explain_lost_scheduler(settings: DaskSettings) -> Iterator[None]:
    """Turn the error of a lost connection into one that says what to do."""
    try:
        yield
    except CommClosedError as error:
        raise StageError(
            f"setting dask.scheduler = {settings.scheduler!r}: the scheduler is gone, or hangs: "
            f"{error}; start it and its workers, then resume"
        ) from error


def _open(settings: DaskSettings, workers: int) -> LocalCluster:
    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=settings.dashboard,
            worker_dashboard_address=None,
            memory_limit=settings.memory_limit,
            env=dict(os.environ) | WORKER_ENVIRONMENT,
            silence_logs=logging.CRITICAL,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise StageError(
            f"a local cluster of {workers} workers cannot be started: {error}; see dask.workers, "
            "dask.memory_limit and dask.dashboard in the settings"
        ) from error
