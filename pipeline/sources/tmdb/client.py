"""One answer of the TMDB API, asked for until it comes: limit, retries, and when to stop.

What may pass (429, 5xx, resets, time-outs, torn answers) is tried again with growing, random waits.
What will not pass (a refused key, a wrong parameter) ends the fetch at once, and so does a server
that gives nothing but errors.
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
from pipeline.sources.tmdb.credentials import Credentials, Signed
from pipeline.sources.tmdb.rate_limiter import Limiter

__all__ = ["Answer", "Client", "GaveUpError", "Request"]

logger = logging.getLogger(__name__)

_NOT_THERE = {6, 34}  # TMDB's own status codes of "no such film"
_REFUSED = {401, 403}


@dataclass(frozen=True)
class Request:
    """What to ask: a path below the API's address and its parameters; `key` names the answer."""

    key: str
    path: str
    params: Mapping[str, str | int]


@dataclass(frozen=True)
class Answer:
    """A JSON object as it came: `status` is 200, or 404 where TMDB has no such film."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The object."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class GaveUpError(Exception):
    """One request was tried as often as allowed; another time it may succeed."""


class _MayPassError(Exception):
    """A try failed; `wait` is how long the server asks us to stay away, 0 where it does not say."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class _Door:
    """Holds a request back once its connection stands, so that connecting bunches nothing up."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    async def __call__(self, event: str, _info: Mapping[str, Any]) -> None:
        """Called by httpx at each step of a request."""
        if event.endswith(".send_request_headers.started"):
            self._sent = await self._limiter.wait()
        elif event.endswith(".send_request_headers.complete"):
            self._limiter.gone(self._sent)


class Client:
    """Asks the API on behalf of everybody in a run; use as `async with`.

    Parameters
    ----------
    limiter : shared with whatever else asks with the same key.
    """

    def __init__(self, settings: FetchSettings, credentials: Credentials, limiter: Limiter) -> None:
        self._settings, self._credentials, self._limiter = settings, credentials, limiter
        self._base = settings.base_url.rstrip("/")
        self._given_up_in_a_row = 0
        self.asked: Counter[str] = Counter()  # tries by what came of them, such as `200` or `reset`

    async def __aenter__(self) -> Client:
        settings = self._settings
        inner = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(
                max_connections=settings.connections,
                max_keepalive_connections=settings.connections,
            )
        )
        # None for the pool: waiting for the limit is no fault of a connection.
        self._http = httpx.AsyncClient(
            transport=Signed(self._credentials, inner),
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

    async def get(self, request: Request) -> Answer:
        """Ask until an answer comes.

        Raises
        ------
        GaveUpError
            after `fetch.retries` further tries.
        SourceError
            when asking on makes no sense: the key is refused, the parameters are wrong, the address
            is not that of the API, or the server has long given nothing but errors.
        """
        settings = self._settings
        for tried in range(settings.retries + 1):
            try:
                answer = await self._try(request)
            except _MayPassError as error:
                reason = str(error)
                longest = settings.backoff_seconds * 2.0**tried
                wait = max(error.wait, longest * random.uniform(0.5, 1.0))
                logger.info("%s: %s; again in %.1f s", request.path, reason, wait)
                if tried < settings.retries:
                    await sleep(wait)
            else:
                self._given_up_in_a_row = 0
                return answer
        self._given_up_in_a_row += 1
        if self._given_up_in_a_row >= settings.give_up_after:
            raise SourceError(
                f"TMDB at {self._base} gives no answers: {self._given_up_in_a_row} requests in a "
                f"row were given up, the last for {reason}; what was answered is kept, so give the "
                "same command again later"
            )
        raise GaveUpError(f"{request.path}: {reason}, tried {settings.retries + 1} times")

    async def _try(self, request: Request) -> Answer:
        try:
            response = await self._http.get(
                f"{self._base}/{request.path}",
                params=dict(request.params),
                extensions={"trace": _Door(self._limiter)},
            )
        except (httpx.TransportError, httpx.DecodingError) as error:
            self.asked[type(error).__name__] += 1
            raise _MayPassError(f"{type(error).__name__} {error}".strip()) from error
        self.asked[str(response.status_code)] += 1
        return self._judge(request, response)

    def _judge(self, request: Request, response: httpx.Response) -> Answer:
        told = _object(response.content)
        status = response.status_code
        if status == 200 and told is not None:
            return Answer(200, response.content)
        code = told.get("status_code") if told else None
        message = str(told.get("status_message", ""))[:200] if told else "no JSON object"
        if status == 200:
            raise _MayPassError("an answer that is no JSON object")
        if status == 404 and code in _NOT_THERE:
            return Answer(404, response.content)
        if status == 429:
            wait = self._asked_to_wait(response)
            self._limiter.pause(wait)
            raise _MayPassError(f"429 {message}", wait)
        if status >= 500:
            raise _MayPassError(f"{status} {message}")
        if status in _REFUSED:
            raise SourceError(
                f"TMDB refuses the {'token' if self._credentials.is_token else 'key'} of "
                f"{self._credentials.variable} ({status} {message}); check it in your account at "
                "TMDB, under settings, API. What was answered is kept"
            )
        raise SourceError(
            f"TMDB does not take {request.path} ({status} {message}); see fetch.base_url, which is "
            f"{self._base}, and the parameters {dict(request.params)}"
        )

    def _asked_to_wait(self, response: httpx.Response) -> float:
        """Seconds by `Retry-After`, which has a number or a date; else those of a first wait."""
        given = response.headers.get("Retry-After", "").strip()
        if given.isdecimal():
            wait = float(given)
        elif given:
            try:
                wait = max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
            except ValueError:
                wait = self._settings.backoff_seconds
        else:
            wait = self._settings.backoff_seconds
        if wait > self._settings.max_wait_seconds:
            raise SourceError(
                f"TMDB asks to stay away for {wait:.0f} s, longer than fetch.max_wait_seconds; "
                "what was answered is kept, so give the same command again later"
            )
        return wait


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
