"""Who may call the API, and how often: keys with scopes, and limits of the rate of requests."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from fastapi import HTTPException, Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.settings import ServeSettings
from pipeline.settings.serve import SCOPES
from pipeline.settings.serve import Scope as KeyScope
from serve.api.problems import problem_response

__all__ = ["KEY_HEADER", "AccessControl", "ApiKey", "Keys", "needs_scope"]

KEY_HEADER = "X-API-Key"
_PUBLIC = ("/health", "/docs", "/openapi.json")  # they show no data of a release
_PUBLIC_FOLDER = "/static-offline-docs/"


@dataclass(frozen=True)
class ApiKey:
    """A key that a request sent.

    Attributes
    ----------
    name : str
        Its name in the settings.
    scopes : tuple of str
        What it may do.
    rate_limit : str or None
        Its own limit, such as "600/minute"; None for that of the service.
    """

    name: str
    scopes: tuple[KeyScope, ...]
    rate_limit: str | None = None


class Keys:
    """The keys of a service.

    Parameters
    ----------
    settings : ServeSettings
        `api_key` has all scopes; `api_keys` have their own.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._keys: list[tuple[bytes, ApiKey]] = []
        if settings.api_key is not None:
            digest = _digest(settings.api_key.get_secret_value().encode())
            self._keys.append((digest, ApiKey("api_key", SCOPES)))
        for name, one in settings.api_keys.items():
            digest = _digest(one.key.get_secret_value().encode())
            self._keys.append((digest, ApiKey(f"api_keys.{name}", one.scopes, one.rate_limit)))

    def __bool__(self) -> bool:
        """Whether requests need a key."""
        return bool(self._keys)

    def find(self, sent: bytes) -> ApiKey | None:
        """Return the key with this text, or None.

        The time does not depend on the text: digests of equal length are compared with each key in
        constant time.
        """
        digest, found = _digest(sent), None
        for known, key in self._keys:
            if secrets.compare_digest(known, digest):
                found = key
        return found


class AccessControl:
    """Refuses requests without a key (401) and more requests than the limit allows (429).

    A limit applies to each key, and without a key to each address, also to requests that send a
    wrong key. The key is `request.state.api_key` for `needs_scope`.

    Parameters
    ----------
    app : ASGI app
        The app to guard.
    keys : Keys
        The keys; none: no request needs one.
    rate_limit : str or None
        The limit, such as "600/minute"; None: unlimited.
    """

    def __init__(self, app: ASGIApp, keys: Keys, rate_limit: str | None) -> None:
        self._app, self._keys, self._rate_limit = app, keys, rate_limit
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""
        if scope["type"] != "http" or _is_public(scope["path"]):
            await self._app(scope, receive, send)
            return
        key = self._keys.find(dict(scope["headers"]).get(KEY_HEADER.lower().encode(), b""))
        limit = (key.rate_limit if key else None) or self._rate_limit
        if limit is not None:
            caller = key.name if key else f"address {(scope.get('client') or ('-',))[0]}"
            item = parse(limit)
            allowed = await self._limiter.hit(item, caller)
            headers = await self._limit_headers(item, caller)
            send = _with_headers(send, headers)
            if not allowed:
                refusal = problem_response(
                    scope["path"],
                    429,
                    f"more than {item.amount} requests in {item.get_expiry()} s: "
                    f"wait {headers['Retry-After']} s, then try again",
                    headers={"Retry-After": headers["Retry-After"]},
                )
                await refusal(scope, receive, send)
                return
        if self._keys and key is None:
            refusal = problem_response(
                scope["path"],
                401,
                f"the header {KEY_HEADER} is missing or has a wrong key",
                headers={"WWW-Authenticate": f'ApiKey header="{KEY_HEADER}"'},
            )
            await refusal(scope, receive, send)
            return
        scope.setdefault("state", {})["api_key"] = key
        await self._app(scope, receive, send)

    async def _limit_headers(self, item: RateLimitItem, caller: str) -> dict[str, str]:
        """Return the headers of draft-ietf-httpapi-ratelimit-headers."""
        state = await self._limiter.get_window_stats(item, caller)
        seconds = max(1, math.ceil(state.reset_time - time.time()))
        return {
            "RateLimit-Policy": f'"default";q={item.amount};w={item.get_expiry()}',
            "RateLimit": f'"default";r={max(0, state.remaining)};t={seconds}',
            "Retry-After": str(seconds),
        }


def needs_scope(wanted: KeyScope) -> Callable[[Request], Awaitable[None]]:
    """Return a dependency that refuses keys without a scope (403).

    The scopes `read` and `curate` need no key if the service has none; `reload` always needs one.
    """

    async def check(request: Request) -> None:
        key: ApiKey | None = getattr(request.state, "api_key", None)
        if key is None and wanted == "reload":
            raise HTTPException(403, "this needs a key with the scope reload; the service has none")
        if key is not None and wanted not in key.scopes:
            raise HTTPException(
                403, f"this needs a key with the scope {wanted}; yours has {', '.join(key.scopes)}"
            )

    return check


def _is_public(path: str) -> bool:
    return path in _PUBLIC or path.startswith(_PUBLIC_FOLDER)


def _digest(text: bytes) -> bytes:
    return sha256(text).digest()


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            for name in ("RateLimit-Policy", "RateLimit"):
                MutableHeaders(scope=message)[name] = headers[name]
        await send(message)

    return send_with_headers
