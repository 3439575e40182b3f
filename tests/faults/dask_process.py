"""A Dask scheduler and workers as processes that are not restarted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import dask
from distributed import Scheduler, Worker

from tests.faults.child import wait_for

__all__ = ["run_scheduler", "run_worker"]


def run_scheduler(file: Path, worker_ttl: str = "5 minutes") -> None:
    """Run a scheduler until it is killed; write its address to `file`."""

    async def serve() -> None:
        async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
            temporary = file.with_suffix(".tmp")
            temporary.write_text(scheduler.address)
            temporary.rename(file)
            await scheduler.finished()

    with dask.config.set({"distributed.scheduler.worker-ttl": worker_ttl}):
        asyncio.run(serve())


def run_worker(file: Path) -> None:
    """Run a worker with one thread and no nanny until the scheduler drops it."""

    async def serve() -> None:
        async with Worker(file.read_text(), nthreads=1, host="127.0.0.1") as worker:
            await worker.finished()

    wait_for(file.exists, 60)
    asyncio.run(serve())
