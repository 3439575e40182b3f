"""ETag, 304 and Cache-Control of responses that depend on nothing but the release (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Collection
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware

from serve.api.snapshot import Snapshots

__all__ = ["CODINGS", "Revalidation", "compress"]

CODINGS = ("zstd", "gzip")  # the server's order of preference
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def compress(app: ASGIApp) -> ASGIApp:
    """Return `app` with bodies of 500 bytes and more compressed, as Accept-Encoding allows."""
    compressed: ASGIApp = CompressMiddleware(app, minimum_size=500, brotli=False)
    return compressed


class Revalidation:
    """Gives responses an ETag, and answers 304 if the client has the response already.

    The tag is a hash of the release, the address and the version of the program, followed by the
    coding of the body. So a 304 needs no query. The tag is weak: another machine may compute
    another last digit of a similarity. The release of the tag is the one that answers the request,
    `request.state.snapshot`.

    Parameters
    ----------
    app : ASGI app
        An app that compresses its responses.
    snapshots : Snapshots
        The served release.
    version : str
        Version of the program and its settings.
    prefix : str
        Beginning of the paths that get a tag.
    without : collection of str
        Paths below it that depend on more than the release.
    private : bool
        Whether shared caches must not store responses, because they need a key.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        snapshots: Snapshots,
        version: str,
        prefix: str,
        without: Collection[str],
        private: bool,
    ) -> None:
        self._app, self._snapshots, self._version = app, snapshots, version
        self._prefix, self._without = prefix, without
        self._cache_control = "private, no-cache" if private else "no-cache"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        snapshot = self._snapshots.current
        scope.setdefault("state", {})["snapshot"] = snapshot
        path: str = scope["path"]
        if (
            scope["method"] not in ("GET", "HEAD")
            or not path.startswith(self._prefix)
            or path in self._without
        ):
            await self._app(scope, receive, send)
            return
        address = (snapshot.id, self._version, path, scope.get("query_string", b"").hex())
        digest = sha256("\0".join(address).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        request = Headers(scope=scope)
        headers = {"Cache-Control": self._cache_control, "Vary": "Accept-Encoding"}
        known = _known_coding(request, digest)
        if known is not None:
            headers["ETag"] = _tag(digest, known)
            await Response(status_code=304, headers=headers)(scope, receive, send)
            return

        async def send_tagged(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                answer = MutableHeaders(scope=message)
                answer["ETag"] = _tag(digest, answer.get("Content-Encoding", ""))
                answer["Cache-Control"] = headers["Cache-Control"]
                answer.add_vary_header("Accept-Encoding")
            await send(message)

        await self._app(scope, receive, send_tagged)


def _known_coding(request: Headers, digest: str) -> str | None:
    """Return the coding of the response that the client has; None if it has none."""
    sent = ", ".join(request.getlist("If-None-Match"))
    for tag in _TAG.findall(sent):
        for coding in ("", *CODINGS):
            if f'W/"{tag}"' == _tag(digest, coding):
                return coding
    return None


def _tag(digest: str, coding: str) -> str:
    return f'W/"{digest}-{coding}"' if coding else f'W/"{digest}"'
