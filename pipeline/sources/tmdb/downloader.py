"""Many requests at once: each answer is kept as it comes, and none is asked for that is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator

from pipeline.errors import MicrogenresError
from pipeline.sources.tmdb.client import Client, GaveUpError, Request
from pipeline.sources.tmdb.response_cache import Answers

__all__ = ["gather"]

logger = logging.getLogger(__name__)


async def gather(
    client: Client,
    answers: Answers,
    requests: Iterable[Request],
    *,
    not_before: float,
    workers: int,
    on_done: Callable[[], None] | None = None,
) -> dict[str, str]:
    """Put the answer of every request that has none yet into `answers`.

    Parameters
    ----------
    not_before : an older answer (seconds since 1970) counts as none.
    workers : requests under way at once.
    on_done : called after each request, also for an answer that was there.

    Returns
    -------
    dict of str to str
        the keys that were given up, with the reason; another time they may be answered.

    Raises
    ------
    SourceError
        when asking on makes no sense; see `Client.get`.
    StoreError
        when there is no room for an answer.
    """
    given_up: dict[str, str] = {}
    waiting = iter(requests)

    async def work() -> None:
        for request in _missing(waiting, answers, not_before, on_done):
            try:
                answer = await client.get(request)
            except GaveUpError as error:
                logger.warning("%s", error)
                given_up[request.key] = str(error)
            else:
                answers.put(request.key, answer)
                if answers.wants_sync:
                    await asyncio.to_thread(answers.sync)
            if on_done is not None:
                on_done()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except BaseExceptionGroup as errors:  # what is raised in an `except*` may be grouped again
        ours = errors.subgroup(MicrogenresError)
        if ours is None:
            raise
        raise _first(ours) from None
    finally:
        await asyncio.to_thread(answers.sync)
    return given_up


def _missing(
    requests: Iterator[Request],
    answers: Answers,
    not_before: float,
    on_done: Callable[[], None] | None,
) -> Iterator[Request]:
    for request in requests:
        if not answers.has(request.key, not_before):
            yield request
        elif on_done is not None:
            on_done()


def _first(group: BaseExceptionGroup[MicrogenresError]) -> MicrogenresError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
