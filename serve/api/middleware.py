"""Who may ask and how much: API key and body size; and one JSON line for every request."""

from __future__ import annotations

import json
import logging
import secrets
import time
import uuid
from datetime import UTC, datetime

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.api.metrics import Metrics
from serve.api.problems import problem

__all__ = ["KEY_HEADER", "AccessLog", "BodyLimit", "KeyCheck"]

KEY_HEADER = "X-API-Key"
_OPEN = ("/health", "/docs", "/openapi.json")  # nothing of a release is told there
_OPEN_UNDER = "/static-offline-docs/"

logger = logging.getLogger("serve.access")


class KeyCheck:
    """Refuses what does not send the API key; compared in constant time."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app, self._key = app, key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and not self._may(scope):
            refused = problem(
                scope["path"],
                401,
                f"the header {KEY_HEADER} is missing or holds another key",
                headers={"WWW-Authenticate": f'ApiKey header="{KEY_HEADER}"'},
            )
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may(self, scope: Scope) -> bool:
        path = scope["path"]
        if path in _OPEN or path.startswith(_OPEN_UNDER):
            return True
        sent = dict(scope["headers"]).get(KEY_HEADER.lower().encode(), b"")
        return secrets.compare_digest(sent, self._key)


class BodyLimit:
    """Refuses a body that is too long, declared or not, before it is read whole."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        detail = f"the body is longer than {self._most} bytes"
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared[:18]) > self._most:
            await problem(scope["path"], 413, detail)(scope, receive, send)
            return
        left = self._most

        async def limited() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, detail)
            return message

        await self._app(scope, limited, send)


class AccessLog:
    """Logs each request with its latency, counts it, and gives it an id (X-Request-ID)."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, request_id = time.perf_counter(), uuid.uuid4().hex[:16]
        status, size = 500, 0

        async def noted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", None)
            self._metrics.answered(scope["method"], route, status, seconds)
            if logger.isEnabledFor(logging.INFO):
                client = scope.get("client") or ("-",)
                line = {
                    "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "event": "request",
                    "request_id": request_id,
                    "client": client[0],
                    "method": scope["method"],
                    "path": scope["path"],
                    "query": scope.get("query_string", b"").decode("latin-1")[:500],
                    "route": route,
                    "status": status,
                    "bytes": size,
                    "ms": round(seconds * 1_000, 2),
                }
                logger.info(json.dumps(line))  # ASCII: no text of a request can break the line
