"""Many requests at once: each response is stored as it comes, and stored ones are not requested."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator

from pipeline.errors import MicrogenresError
from pipeline.sources.tmdb.client import Client, GaveUpError, Request
from pipeline.sources.tmdb.response_cache import ResponseCache

__all__ = ["download"]

logger = logging.getLogger(__name__)


async def download(
    client: Client,
    cache: ResponseCache,
    requests: Iterable[Request],
    *,
    not_before: float,
    workers: int,
    on_done: Callable[[], None] | None = None,
) -> dict[str, str]:
    """Store the response of every request that has none yet.

    Parameters
    ----------
    client : Client
        Sends the requests.
    cache : ResponseCache
        Stores the responses.
    requests : iterable of Request
        Requests; those with a stored response are not sent.
    not_before : float
        Seconds since 1970; an older response is requested again.
    workers : int
        Number of requests in progress at once.
    on_done : callable, optional
        Called after each request, also for one whose response was stored before.

    Returns
    -------
    dict of str to str
        Keys of the requests that were given up, with the reason. A later fetch may succeed.

    Raises
    ------
    SourceError
        If further requests are useless; see `Client.get`.
    StoreError
        If the disk is full.
    """
    given_up: dict[str, str] = {}
    remaining = iter(requests)  # shared by all workers

    async def work() -> None:
        for request in _select_missing(remaining, cache, not_before, on_done):
            try:
                response = await client.get(request)
            except GaveUpError as error:
                logger.warning("%s", error)
                given_up[request.key] = str(error)
            else:
                cache.put(request.key, response)
            if on_done is not None:
                on_done()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except BaseExceptionGroup as errors:  # an error raised in an `except*` could be grouped again
        own = errors.subgroup(MicrogenresError)
        if own is None:
            raise
        raise _first_error(own) from None
    return given_up


def _select_missing(
    requests: Iterator[Request],
    cache: ResponseCache,
    not_before: float,
    on_done: Callable[[], None] | None,
) -> Iterator[Request]:
    for request in requests:
        if not cache.has(request.key, not_before):
            yield request
        elif on_done is not None:
            on_done()


def _first_error(group: BaseExceptionGroup[MicrogenresError]) -> MicrogenresError:
    error = group.exceptions[0]
    return _first_error(error) if isinstance(error, BaseExceptionGroup) else error
