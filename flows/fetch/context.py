"""What the steps of a fetch share: responses, rate limit, outcomes of requests, progress."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from flows.events import PieceDone, StageDone, StageStarted, emit
from flows.runtime.artifacts import Artifacts
from pipeline.errors import SourceError
from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.client import Client, Request
from pipeline.sources.tmdb.credentials import Credentials
from pipeline.sources.tmdb.downloader import download
from pipeline.sources.tmdb.fetch_session import FetchSession
from pipeline.sources.tmdb.rate_limiter import RateLimiter
from pipeline.sources.tmdb.response_cache import ResponseCache

__all__ = ["DAY_SECONDS", "FetchContext"]

DAY_SECONDS = 86_400.0
_UPDATE_SECONDS = 2.0  # between two updates of the progress in the Prefect UI


class FetchContext:
    """What the steps of a fetch share; a plain object, so that Prefect does not inspect it.

    Attributes
    ----------
    limiter : RateLimiter
        One for all requests of the run.
    outcomes : dict of str to int
        Number of tries by outcome; see `Client.outcomes`.
    given_up : dict of str to str
        Keys of requests that were given up, with the reason.
    seconds : float
        Time spent on requests.
    films : sequence of int
        Ids of all films of the new catalogue, sorted.
    changed : sequence of int
        Ids of those among them that changed.
    """

    def __init__(
        self,
        folder: Path,
        session: FetchSession,
        settings: FetchSettings,
        credentials: Credentials,
        cache: ResponseCache,
    ) -> None:
        self.folder, self.session, self.settings, self.cache = folder, session, settings, cache
        self.credentials = credentials
        self.limiter = RateLimiter(settings.requests_per_second)
        self.artifacts = Artifacts()
        self.outcomes: dict[str, int] = {}
        self.given_up: dict[str, str] = {}
        self.seconds = 0.0
        self.films: Sequence[int] = ()
        self.changed: Sequence[int] = ()

    def run(self, work: Callable[[Client], Awaitable[Any]]) -> Any:
        """Run work that sends requests in an event loop of its own, and count the outcomes."""

        async def with_client() -> Any:
            async with Client(self.settings, self.credentials, self.limiter) as client:
                try:
                    return await work(client)
                finally:
                    for outcome, tries in client.outcomes.items():
                        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + tries

        started = time.perf_counter()
        try:
            return asyncio.run(with_client())
        finally:
            self.seconds += time.perf_counter() - started

    async def download(
        self, client: Client, requests: Sequence[Request], name: str, not_before: float
    ) -> dict[str, str]:
        """Store the responses of requests and show the progress; see `download`."""
        if not requests:
            return {}
        progress = _Progress(name, len(requests), self.artifacts)
        given_up = await download(
            client,
            self.cache,
            requests,
            not_before=not_before,
            workers=self.settings.connections,
            on_done=progress.advance,
        )
        progress.end(f"{len(given_up)} given up" if given_up else "")
        return given_up

    async def download_list(self, client: Client, requests: Sequence[Request], name: str) -> None:
        """Store the pages of a list.

        Raises
        ------
        SourceError
            If a page was given up.
        """
        given_up = await self.download(client, requests, name, 0.0)
        if given_up:
            raise SourceError(
                f"{len(given_up)} pages of TMDB's lists could not be fetched, the first for "
                f"{next(iter(given_up.values()))}; give the same command again"
            )


class _Progress:
    """Shows the progress of requests on the terminal and in the Prefect UI."""

    def __init__(self, name: str, total: int, artifacts: Artifacts) -> None:
        self.name, self.total, self.send, self.done = name, total, artifacts.send, 0
        self.started = self.updated = time.monotonic()
        emit(StageStarted(name, total))
        self.artifact = self.send(
            create_progress_artifact, 0.0, key=f"fetch-{name}", description=f"Requests for {name}"
        )

    def advance(self) -> None:
        """Count one request, whether it succeeded or was given up."""
        self.done += 1
        emit(PieceDone(self.name, self.done, self.total))
        if time.monotonic() - self.updated > _UPDATE_SECONDS:
            self.updated = time.monotonic()
            self.send(update_progress_artifact, self.artifact, 100.0 * self.done / self.total)

    def end(self, detail: str) -> None:
        """Show that all requests are done."""
        self.send(update_progress_artifact, self.artifact, 100.0)
        emit(StageDone(self.name, time.monotonic() - self.started, detail))
