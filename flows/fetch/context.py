"""What the steps of a fetch share: answers, limit, what came of the requests, how it is shown."""

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
from pipeline.sources.tmdb.downloader import gather
from pipeline.sources.tmdb.fetch_session import Round
from pipeline.sources.tmdb.rate_limiter import Limiter
from pipeline.sources.tmdb.response_cache import Answers

__all__ = ["DAY_SECONDS", "Fetch"]

DAY_SECONDS = 86_400.0
_SHOW_SECONDS = 2.0


class Fetch:
    """What the steps of a fetch share; a plain object, so that Prefect does not look inside."""

    def __init__(
        self,
        folder: Path,
        this: Round,
        settings: FetchSettings,
        credentials: Credentials,
        answers: Answers,
    ) -> None:
        self.folder, self.this, self.settings, self.answers = folder, this, settings, answers
        self.credentials = credentials
        self.limiter = Limiter(settings.requests_per_second)  # one for all that the run asks
        self.artifacts = Artifacts()
        self.asked: dict[str, int] = {}
        self.given_up: dict[str, str] = {}
        self.seconds = 0.0
        self.films: Sequence[int] = ()  # all that the catalogue is to hold, by id
        self.again: Sequence[int] = ()  # of them, those that changed

    def run(self, work: Callable[[Client], Awaitable[Any]]) -> Any:
        """Do what asks the API, in an event loop of its own; count what came of it."""

        async def within() -> Any:
            async with Client(self.settings, self.credentials, self.limiter) as client:
                try:
                    return await work(client)
                finally:
                    for outcome, times in client.asked.items():
                        self.asked[outcome] = self.asked.get(outcome, 0) + times

        started = time.perf_counter()
        try:
            return asyncio.run(within())
        finally:
            self.seconds += time.perf_counter() - started

    async def ask(
        self, client: Client, requests: Sequence[Request], name: str, not_before: float
    ) -> dict[str, str]:
        """Gather the answers of requests, showing how far they are."""
        if not requests:
            return {}
        shown = _Shown(name, len(requests), self.artifacts)
        given_up = await gather(
            client,
            self.answers,
            requests,
            not_before=not_before,
            workers=self.settings.connections,
            on_done=shown.one,
        )
        shown.end(f"{len(given_up)} given up" if given_up else "")
        return given_up

    async def ask_list(self, client: Client, requests: Sequence[Request], name: str) -> None:
        """Gather the pages of a list, of which none may be missing."""
        given_up = await self.ask(client, requests, name, 0.0)
        if given_up:
            raise SourceError(
                f"{len(given_up)} pages of TMDB's lists could not be had, the first for "
                f"{next(iter(given_up.values()))}; give the same command again"
            )


class _Shown:
    """A stage of requests as the terminal and the Prefect UI see it."""

    def __init__(self, name: str, total: int, artifacts: Artifacts) -> None:
        self.name, self.total, self.send, self.done = name, total, artifacts.send, 0
        self.started = self.told = time.monotonic()
        emit(StageStarted(name, total))
        self.artifact = self.send(
            create_progress_artifact, 0.0, key=f"fetch-{name}", description=f"Requests for {name}"
        )

    def one(self) -> None:
        """One more request is answered or given up."""
        self.done += 1
        emit(PieceDone(self.name, self.done, self.total))
        if time.monotonic() - self.told > _SHOW_SECONDS:
            self.told = time.monotonic()
            self.send(update_progress_artifact, self.artifact, 100.0 * self.done / self.total)

    def end(self, detail: str) -> None:
        """All are answered or given up."""
        self.send(update_progress_artifact, self.artifact, 100.0)
        emit(StageDone(self.name, time.monotonic() - self.started, detail))
