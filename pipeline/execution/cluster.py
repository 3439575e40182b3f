"""Opens the Dask cluster that `partitions` drives: a quiet local one, or a scheduler by address."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, WorkerPlugin
from distributed.comm.core import CommClosedError

from pipeline.errors import StageError
from pipeline.execution.heartbeat import answers, silence_ends
from pipeline.execution.tls import check_address, security
from pipeline.settings import DaskSettings

__all__ = ["CLUSTER_CONFIG", "local_cluster"]

logger = logging.getLogger(__name__)

# One thread of arithmetic for each worker, since there is a worker for each core.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Encoding takes and gives back matrices of some MiB without end: let the allocator keep them,
    # since pages fresh from the kernel cost more than the arithmetic on them.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    # Failures come back to the driver, which logs each once; a worker would log them again.
    "DASK_LOGGING__DISTRIBUTED": "critical",
}

# What every scheduler and worker of ours runs with, here and in `microgenres scheduler|worker`.
CLUSTER_CONFIG = {
    "distributed.nanny.pre-spawn-environ": _ENVIRONMENT,
    # A worker holds the one piece that it runs, so its death points at one piece.
    "distributed.scheduler.worker-saturation": 1.0,
    # Two deaths make a suspect; the driver then tries it alone before it is blamed.
    "distributed.scheduler.allowed-failures": 1,
    # A worker that is not back so soon after its death is given up for good, as is one that is just
    # starting for the second time then: a nanny always brings it back.
    "distributed.deploy.lost-worker-timeout": "7 days",
    # Workers keep no tables, so there is nothing to spill, and one that pauses would not go on:
    # beyond its limit it is killed, and its piece is tried again in less memory.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
}


@contextmanager
def local_cluster(settings: DaskSettings, cores: int | None = None) -> Iterator[Client]:
    """Yield a client of `settings.scheduler`, or of a local cluster that ends with the block.

    Parameters
    ----------
    settings : the section `dask`.
    cores : local workers where the settings do not say; None counts the cores.

    Raises
    ------
    SettingsError
        when the scheduler is beyond this machine and neither TLS nor a trusted network is set.
    StageError
        when the scheduler does not answer, also later on, or a local worker does not start in time.
    """
    if settings.scheduler is not None:
        check_address(settings.scheduler, settings)
        tls = security(settings)
        try:
            answers(settings.scheduler, settings.wait_seconds, tls)
            client = Client(
                settings.scheduler,
                timeout=settings.wait_seconds,
                security=tls,
                set_as_default=False,
            )
        except (OSError, ValueError) as error:
            why = str(error) or f"none in {settings.wait_seconds:g} s"  # a time-out says nothing
            raise StageError(
                f"setting dask.scheduler = {settings.scheduler!r}: no answer: {why}; "
                "start a scheduler there, or leave the setting out for a local cluster"
            ) from error
        with client, _answering(client, settings):
            yield client
        return
    workers = settings.workers or cores or CPU_COUNT
    with (
        dask.config.set(CLUSTER_CONFIG),
        _open(settings, workers) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.register_plugin(_QuickEnd())
        logger.info("%d local workers, dashboard %s", workers, client.dashboard_link)
        yield client


class _QuickEnd(WorkerPlugin):
    """Ends a closed worker's process at once: taking lexicons and models apart takes seconds."""

    name = "microgenres-quick-end"

    def setup(self, worker: Any) -> None:
        """Called once in each worker's process; what is registered last is called first."""
        atexit.register(_end)


def _end() -> None:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@contextmanager
def _answering(client: Client, settings: DaskSettings) -> Iterator[None]:
    """A scheduler of one's own that dies or hangs ends what is asked of it, and is told of."""
    try:
        with silence_ends(client, settings.wait_seconds):
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
            silence_logs=logging.CRITICAL,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise StageError(
            f"no local cluster of {workers} workers: {error}; see dask.workers, "
            "dask.memory_limit and dask.dashboard in the settings"
        ) from error
