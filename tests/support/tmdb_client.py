"""A client against our own TMDB server, with short waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from benchmarks.lib.tmdb_server import TOKEN, TmdbServer
from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.client import Answer, Client, Request
from pipeline.sources.tmdb.credentials import Credentials
from pipeline.sources.tmdb.downloader import gather
from pipeline.sources.tmdb.rate_limiter import Limiter
from pipeline.sources.tmdb.response_cache import Answers

__all__ = ["ask", "ask_all", "quick", "token"]


def quick(server: TmdbServer, **chosen: Any) -> FetchSettings:
    """Settings for a server on this machine: fast, and short waits."""
    usual = {"requests_per_second": 1_000, "backoff_seconds": 0.01, "timeout_seconds": 5.0}
    return FetchSettings(**{"base_url": server.url, **usual, **chosen})


def token() -> Credentials:
    return Credentials.of({"TMDB_TOKEN": TOKEN})


def ask(
    settings: FetchSettings, path: str, credentials: Credentials | None = None, **params: str | int
) -> Answer:
    """One request, as often as the settings allow."""

    async def within() -> Answer:
        limiter = Limiter(settings.requests_per_second)
        async with Client(settings, credentials or token(), limiter) as client:
            return await client.get(Request(path, path, params))

    return asyncio.run(within())


def ask_all(
    settings: FetchSettings,
    answers: Answers,
    requests: Sequence[Request],
    *,
    not_before: float = 0.0,
    limiter: Limiter | None = None,
) -> dict[str, str]:
    """Many requests at once; what was given up."""

    async def within() -> dict[str, str]:
        shared = limiter or Limiter(settings.requests_per_second)
        async with Client(settings, token(), shared) as client:
            return await gather(
                client, answers, requests, not_before=not_before, workers=settings.connections
            )

    return asyncio.run(within())
