"""ASGI middleware: limits of a body, HEAD requests, and one JSON log line per request."""

from __future__ import annotations

import json
import logging
import time
import uuid
from datetime import UTC, datetime

import anyio
from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.api.metrics import Metrics
from serve.api.problems import problem_response

__all__ = ["AccessLog", "BodyLimit", "HeadRequests"]

logger = logging.getLogger("serve.access")


class BodyLimit:
    """Refuses a body that is too long (413) or arrives too slowly (408), before reading it all.

    Parameters
    ----------
    app : ASGI app
        The app to guard.
    max_bytes : int
        Most bytes of a body, with or without a declared length.
    max_seconds : float
        How long the whole body may take to arrive.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, max_seconds: float) -> None:
        self._app, self._max_bytes, self._max_seconds = app, max_bytes, max_seconds

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
        remaining, complete = self._max_bytes, False
        deadline = anyio.current_time() + self._max_seconds

        async def receive_limited() -> Message:
            nonlocal remaining, complete
            if complete:  # the next message says that the client has left, whenever that is
                return await receive()
            try:
                with anyio.fail_after(deadline - anyio.current_time()):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(
                    408,
                    f"the body did not arrive within {self._max_seconds:g} s",
                    headers={"Connection": "close"},
                ) from error
            complete = not message.get("more_body", False)
            remaining -= len(message.get("body", b""))
            if remaining < 0:
                raise HTTPException(413, detail)
            return message

        await self._app(scope, receive_limited, send)


class HeadRequests:
    """Answers HEAD as GET without a body, also where a route knows GET only (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"

        async def send_adapted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 405:
                headers = MutableHeaders(scope=message)
                allowed = headers.get("Allow", "").split(", ")
                if "GET" in allowed and "HEAD" not in allowed:
                    headers["Allow"] = ", ".join([*allowed, "HEAD"])
            if is_head and message["type"] == "http.response.body":
                if message.get("more_body", False):
                    return
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        # a copy: the server still needs the method of the request
        inner = {**scope, "method": "GET"} if is_head else scope
        try:
            await self._app(inner, receive, send_adapted)
        finally:
            if "route" in inner:
                scope["route"] = inner["route"]


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
                    "key": getattr(scope.get("state", {}).get("api_key"), "name", None),
                    "method": scope["method"],
                    "path": scope["path"],
                    "query": scope.get("query_string", b"").decode("latin-1")[:500],
                    "route": route,
                    "status": status,
                    "bytes": size,
                    "ms": round(seconds * 1_000, 2),
                }
                logger.info(json.dumps(line))  # ASCII: no text of a request can break the line
