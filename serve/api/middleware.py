"""ASGI middleware: API key, limit of the body size, and one JSON log line per request."""

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
from serve.api.problems import problem_response

__all__ = ["KEY_HEADER", "AccessLog", "BodyLimit", "KeyCheck"]

KEY_HEADER = "X-API-Key"
_PUBLIC = ("/health", "/docs", "/openapi.json")  # they show no data of a release
_PUBLIC_FOLDER = "/static-offline-docs/"

logger = logging.getLogger("serve.access")


class KeyCheck:
    """Refuses requests without the API key. The comparison takes constant time."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app, self._key = app, key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""
        if scope["type"] == "http" and not self._is_allowed(scope):
            refusal = problem_response(
                scope["path"],
                401,
                f"the header {KEY_HEADER} is missing or has a wrong key",
                headers={"WWW-Authenticate": f'ApiKey header="{KEY_HEADER}"'},
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        path = scope["path"]
        if path in _PUBLIC or path.startswith(_PUBLIC_FOLDER):
            return True
        sent = dict(scope["headers"]).get(KEY_HEADER.lower().encode(), b"")
        return secrets.compare_digest(sent, self._key)


class BodyLimit:
    """Refuses a body above the limit, with or without a declared length, before reading it all."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        detail = f"the body is longer than {self._max_bytes} bytes"
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared[:18]) > self._max_bytes:
            await problem_response(scope["path"], 413, detail)(scope, receive, send)
            return
        remaining = self._max_bytes

        async def receive_limited() -> Message:
            nonlocal remaining
            message = await receive()
            remaining -= len(message.get("body", b""))
            if remaining < 0:
                raise HTTPException(413, detail)
            return message

        await self._app(scope, receive_limited, send)


class AccessLog:
    """Logs each request with its latency, counts it, and gives it an id (X-Request-ID)."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, request_id = time.perf_counter(), uuid.uuid4().hex[:16]
        status, size = 500, 0

        async def send_and_count(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_and_count)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", None)
            self._metrics.count_request(scope["method"], route, status, seconds)
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
