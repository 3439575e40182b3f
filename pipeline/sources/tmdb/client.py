"""One request to the TMDB API at a time: rate limit, retries, and when to stop.

Temporary failures (429, 5xx, resets, time-outs, torn responses) are retried after growing, random
waits. Permanent ones (a refused key, a wrong parameter) end the fetch at once, and so does a server
that returns nothing but errors.
"""

from __future__ import annotations

import json
import logging
import random
import time
from asyncio import sleep
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpx

from pipeline.errors import SourceError
from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.credentials import Credentials, SigningTransport
from pipeline.sources.tmdb.rate_limiter import RateLimiter

__all__ = ["Client", "GaveUpError", "Request", "Response"]

logger = logging.getLogger(__name__)

_NOT_FOUND = {6, 34}  # TMDB's own status codes of "no such film"
_REFUSED = {401, 403}


@dataclass(frozen=True)
class Request:
    """A request to the API.

    Attributes
    ----------
    key : str
        Name under which the response is stored.
    path : str
        Path below the address of the API.
    params : Mapping of str to str or int
        Query parameters.
    """

    key: str
    path: str
    params: Mapping[str, str | int]


@dataclass(frozen=True)
class Response:
    """A JSON object as received; `status` is 200, or 404 if TMDB has no such film."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the parsed object."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


class GaveUpError(Exception):
    """A request failed as often as the settings allow; a later fetch may succeed."""


class _TemporaryError(Exception):
    """One try failed; `wait` is the wait in seconds that the server demands, 0 if none."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class _LimitTrace:
    """Delay a request after its connection is open, so that connecting causes no burst."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter

    async def __call__(self, event: str, _info: Mapping[str, Any]) -> None:
        """Handle one event of a request; httpx calls this."""
        if event.endswith(".send_request_headers.started"):
            self._sent = await self._limiter.wait()
        elif event.endswith(".send_request_headers.complete"):
            self._limiter.mark_sent(self._sent)


class Client:
    """A client of the TMDB API for a whole run; use as `async with`.

    Parameters
    ----------
    settings : FetchSettings
        Address, connections, time-outs and retries.
    credentials : Credentials
        Key or token.
    limiter : RateLimiter
        Shared with all other clients that use the same key.

    Attributes
    ----------
    outcomes : Counter of str
        Number of tries by outcome: an HTTP status such as `200`, or the name of an error.
    """

    def __init__(
        self, settings: FetchSettings, credentials: Credentials, limiter: RateLimiter
    ) -> None:
        self._settings, self._credentials, self._limiter = settings, credentials, limiter
        self._base = settings.base_url.rstrip("/")
        self._given_up_in_a_row = 0
        self.outcomes: Counter[str] = Counter()

    async def __aenter__(self) -> Client:
        settings = self._settings
        inner = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(
                max_connections=settings.connections,
                max_keepalive_connections=settings.connections,
            )
        )
        # No time-out for the pool: waiting for the rate limit is not a fault of a connection.
        self._http = httpx.AsyncClient(
            transport=SigningTransport(self._credentials, inner),
            timeout=httpx.Timeout(settings.timeout_seconds, pool=None),
            headers={"Accept": "application/json", "User-Agent": "micro-genre-miner"},
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def get(self, request: Request) -> Response:
        """Send a request until a response comes.

        Raises
        ------
        GaveUpError
            If `fetch.retries` retries failed.
        SourceError
            If another try is useless: the key is refused, the parameters are wrong, the address is
            not that of the API, or the server has returned only errors for a long time.
        """
        settings = self._settings
        for tried in range(settings.retries + 1):
            try:
                response = await self._try(request)
            except _TemporaryError as error:
                reason = str(error)
                longest = settings.backoff_seconds * 2.0**tried
                wait = max(error.wait, longest * random.uniform(0.5, 1.0))
                logger.info("%s: %s; again in %.1f s", request.path, reason, wait)
                if tried < settings.retries:
                    await sleep(wait)
            else:
                self._given_up_in_a_row = 0
                return response
        self._given_up_in_a_row += 1
        if self._given_up_in_a_row >= settings.give_up_after:
            raise SourceError(
                f"TMDB at {self._base} does not respond: {self._given_up_in_a_row} requests in a "
                f"row were given up, the last for {reason}; the responses so far are stored, so "
                "give the same command again later"
            )
        raise GaveUpError(f"{request.path}: {reason}, tried {settings.retries + 1} times")

    async def _try(self, request: Request) -> Response:
        try:
            response = await self._http.get(
                f"{self._base}/{request.path}",
                params=dict(request.params),
                extensions={"trace": _LimitTrace(self._limiter)},
            )
        except (httpx.TransportError, httpx.DecodingError) as error:
            self.outcomes[type(error).__name__] += 1
            raise _TemporaryError(f"{type(error).__name__} {error}".strip()) from error
        self.outcomes[str(response.status_code)] += 1
        return self._check(request, response)

    def _check(self, request: Request, response: httpx.Response) -> Response:
        """Return a valid response; raise the error that any other one means."""
        parsed = _parse_object(response.content)
        status = response.status_code
        if status == 200 and parsed is not None:
            return Response(200, response.content)
        code = parsed.get("status_code") if parsed else None
        message = str(parsed.get("status_message", ""))[:200] if parsed else "no JSON object"
        if status == 200:
            raise _TemporaryError("the response is not a JSON object")
        if status == 404 and code in _NOT_FOUND:
            return Response(404, response.content)
        if status == 429:
            wait = self._retry_after(response)
            self._limiter.pause(wait)
            raise _TemporaryError(f"429 {message}", wait)
        if status >= 500:
            raise _TemporaryError(f"{status} {message}")
        if status in _REFUSED:
            raise SourceError(
                f"TMDB refuses the {'token' if self._credentials.is_token else 'key'} of "
                f"{self._credentials.variable} ({status} {message}); check it in your account at "
                "TMDB, under settings, API. The responses so far are stored"
            )
        raise SourceError(
            f"TMDB rejects {request.path} ({status} {message}); check fetch.base_url, which is "
            f"{self._base}, and the parameters {dict(request.params)}"
        )

    def _retry_after(self, response: httpx.Response) -> float:
        """Return the seconds of `Retry-After` (a number or date), else the first backoff."""
        header = response.headers.get("Retry-After", "").strip()
        if header.isdecimal():
            wait = float(header)
        elif header:
            try:
                wait = max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
            except ValueError:
                wait = self._settings.backoff_seconds
        else:
            wait = self._settings.backoff_seconds
        if wait > self._settings.max_wait_seconds:
            raise SourceError(
                f"TMDB demands a wait of {wait:.0f} s, longer than fetch.max_wait_seconds; the "
                "responses so far are stored, so give the same command again later"
            )
        return wait


def _parse_object(body: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
