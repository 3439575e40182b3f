"""Detect a scheduler that is connected but silent: stopped, hung, or cut off from the network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from distributed import Client
from distributed.comm.core import connect
from distributed.security import Security

__all__ = ["check_scheduler", "disconnect_when_silent"]

logger = logging.getLogger(__name__)

# Requests per waiting time. One without a response may be the fault of this process, while it holds
# the interpreter lock.
_REQUESTS = 4


@contextmanager
def disconnect_when_silent(client: Client, wait_seconds: float) -> Iterator[None]:
    """Disconnect from a scheduler that has not responded for `wait_seconds`.

    Calls that wait for a response then raise `CommClosedError`, and the client tries to reconnect,
    as if the scheduler had died. Without this, calls would wait for a stopped scheduler forever.
    """
    loop: Any = client.loop
    watch = asyncio.run_coroutine_threadsafe(_watch(client, wait_seconds), loop.asyncio_loop)
    try:
        yield
    finally:
        watch.cancel()


async def _watch(client: Client, wait_seconds: float) -> None:
    scheduler: Any = client.scheduler
    pause = wait_seconds / _REQUESTS
    missed = 0
    while client.status not in ("closing", "closed"):
        if await _responds(client, scheduler, pause):
            missed = 0
            await asyncio.sleep(pause)
            continue
        missed += 1
        if missed % _REQUESTS == 0:
            logger.warning(
                "the scheduler at %s has not answered for %g s: it is gone, stopped, or hangs; "
                "disconnecting",
                scheduler.address,
                wait_seconds,
            )
            _disconnect(client, scheduler.address)


async def _responds(client: Client, scheduler: Any, seconds: float) -> bool:
    """Return whether the scheduler responds within `seconds`; False is returned after that time."""
    if client.status != "running":
        await asyncio.sleep(seconds)
        return False
    try:
        await asyncio.wait_for(scheduler.ncores(), seconds)
    except TimeoutError:
        return False
    except OSError:
        await asyncio.sleep(seconds)
        return False
    return True


def _disconnect(client: Client, address: str) -> None:
    client.rpc.remove(address)  # ends calls that wait for a response or a connection
    if client.scheduler_comm is not None:
        client.scheduler_comm.comm.abort()


def check_scheduler(address: str, wait_seconds: float, security: Security | None) -> None:
    """Connect to a scheduler once, since the first connection of a client has no time limit.

    Raises
    ------
    OSError
        If it cannot be reached, or does not respond in time.
    ValueError
        If the address is malformed.
    """
    arguments = (security or Security()).get_connection_args("client")

    async def probe() -> None:
        async with asyncio.timeout(wait_seconds):
            comm = await connect(address, wait_seconds, **arguments)
            await comm.close()

    with ThreadPoolExecutor(1, "probe-scheduler") as thread:  # this thread may have a loop
        thread.submit(asyncio.run, probe()).result()
