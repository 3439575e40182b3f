"""Notices a scheduler that keeps its connection and says nothing: stopped, hung, cut off."""

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

__all__ = ["answers", "silence_ends"]

logger = logging.getLogger(__name__)

# One question without an answer may be this process's own doing, if it holds the interpreter.
_QUESTIONS = 4


@contextmanager
def silence_ends(client: Client, wait_seconds: float) -> Iterator[None]:
    """Cut the connection to a scheduler that has not answered for `wait_seconds`.

    A call that waits for its answer then raises `CommClosedError`, and the client tries to connect
    again, as after a scheduler that died: a stopped one would be waited for without end.
    """
    loop: Any = client.loop
    watch = asyncio.run_coroutine_threadsafe(_ask(client, wait_seconds), loop.asyncio_loop)
    try:
        yield
    finally:
        watch.cancel()


async def _ask(client: Client, wait_seconds: float) -> None:
    scheduler: Any = client.scheduler
    pause = wait_seconds / _QUESTIONS
    unanswered = 0
    while client.status not in ("closing", "closed"):
        if await _answers(client, scheduler, pause):
            unanswered = 0
            await asyncio.sleep(pause)
            continue
        unanswered += 1
        if unanswered % _QUESTIONS == 0:
            logger.warning(
                "the scheduler at %s has not answered for %g s: it is gone, stopped, or hangs; "
                "the connection is given up",
                scheduler.address,
                wait_seconds,
            )
            _cut(client, scheduler.address)


async def _answers(client: Client, scheduler: Any, seconds: float) -> bool:
    """Whether the scheduler answers; False takes that long."""
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


def _cut(client: Client, address: str) -> None:
    client.rpc.remove(address)  # calls that wait for an answer, or for a connection
    if client.scheduler_comm is not None:
        client.scheduler_comm.comm.abort()


def answers(address: str, wait_seconds: float, security: Security | None) -> None:
    """Connect to a scheduler once: a client's own first connection has no limit of time.

    Raises
    ------
    OSError
        when it cannot be reached, or does not answer in time.
    ValueError
        for an address that is none.
    """
    arguments = (security or Security()).get_connection_args("client")

    async def ask() -> None:
        async with asyncio.timeout(wait_seconds):
            comm = await connect(address, wait_seconds, **arguments)
            await comm.close()

    with ThreadPoolExecutor(1, "ask-scheduler") as thread:  # here, a loop may be running already
        thread.submit(asyncio.run, ask()).result()
