"""A client of the fake TMDB server, with short waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from benchmarks.lib.tmdb_server import TOKEN, TmdbServer
from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.client import Client, Request, Response
from pipeline.sources.tmdb.credentials import Credentials
from pipeline.sources.tmdb.downloader import download
from pipeline.sources.tmdb.rate_limiter import RateLimiter
from pipeline.sources.tmdb.response_cache import ResponseCache

__all__ = ["download_all", "get", "quick", "token"]


def quick(server: TmdbServer, **options: Any) -> FetchSettings:
    """Return settings for a server on this machine: fast, with short waits."""
    usual = {"requests_per_second": 1_000, "backoff_seconds": 0.01, "timeout_seconds": 5.0}
    return FetchSettings(**{"base_url": server.url, **usual, **options})


def token() -> Credentials:
    return Credentials.of({"TMDB_TOKEN": TOKEN})


def get(
    settings: FetchSettings, path: str, credentials: Credentials | None = None, **params: str | int
) -> Response:
    """Send one request, with retries as in the settings."""

    async def with_client() -> Response:
        limiter = RateLimiter(settings.requests_per_second)
        async with Client(settings, credentials or token(), limiter) as client:
            return await client.get(Request(path, path, params))

    return asyncio.run(with_client())


def download_all(
    settings: FetchSettings,
    cache: ResponseCache,
    requests: Sequence[Request],
    *,
    not_before: float = 0.0,
    limiter: RateLimiter | None = None,
) -> dict[str, str]:
    """Send many requests at once; return those that were given up."""

    async def with_client() -> dict[str, str]:
        shared = limiter or RateLimiter(settings.requests_per_second)
        async with Client(settings, token(), shared) as client:
            return await download(
                client, cache, requests, not_before=not_before, workers=settings.connections
            )

    return asyncio.run(with_client())
