"""Pages of the Prefect UI that send nothing to another host.

The UI of Prefect 3.8 loads the settings of its usage statistics from `sr-client-cfg.amplitude.com`,
also if `server.analytics_enabled` is false, and no setting stops it. `SameOrigin` adds to each
page

- a script, before all others, that refuses requests of scripts to another host: none starts;
- a Content-Security-Policy (W3C, CSP Level 3), by which the browser refuses everything else, such
  as an image of another host in an artifact.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

__all__ = ["SameOrigin", "keep_to_own_host"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# Without them the page comes whole and as plain text, so that the script can be added.
_PLAIN = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
# They describe the page without the script.
_STALE = (b"content-length", b"etag", b"last-modified", b"content-security-policy")
_SCRIPT = """<script>(() => {
  const own = new Set([location.origin, ...%s]);
  const isForeign = (address) => {
    const url = new URL(address, location.href);
    return /^(https?|wss?):$/.test(url.protocol) && !own.has(url.origin.replace(/^ws/, 'http'));
  };
  const fetched = window.fetch.bind(window);
  window.fetch = (input, ...more) => isForeign(input instanceof Request ? input.url : input)
    ? Promise.reject(new TypeError('this page sends nothing to another host'))
    : fetched(input, ...more);
  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, address, ...more) {
    if (isForeign(address)) throw new TypeError('this page sends nothing to another host');
    return open.call(this, method, address, ...more);
  };
  const beacon = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (address, ...more) => !isForeign(address) && beacon(address, ...more);
})()</script>"""


class SameOrigin:
    """ASGI middleware: HTML pages send requests to their own host only.

    Parameters
    ----------
    app : callable
        The ASGI application.
    origins : sequence of str
        Further origins that pages may use, such as `http://127.0.0.1:4200`.
    """

    def __init__(self, app: App, origins: Sequence[str] = ()) -> None:
        self.app = app
        self._script = (_SCRIPT % json.dumps(list(origins))).encode()
        sockets = [origin.replace("http", "ws", 1) for origin in origins]
        connect = " ".join(["'self' data: blob:", *origins, *sockets])
        policy = (
            "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
            f"connect-src {connect}; object-src 'none'"
        )
        self._policy = (b"content-security-policy", policy.encode())

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request; a page gets the script and the policy."""
        headers = scope.get("headers", [])
        asks_for_page = any(k == b"accept" and b"text/html" in v for k, v in headers)
        if scope["type"] != "http" or scope["method"] != "GET" or not asks_for_page:
            await self.app(scope, receive, send)
            return
        plain = [(key, value) for key, value in headers if key not in _PLAIN]
        page: list[bytes] | None = None
        start: Message = {}

        async def rewrite(message: Message) -> None:
            nonlocal page, start
            if message["type"] == "http.response.start" and _is_page(message):
                page, start = [], message
            elif message["type"] == "http.response.body" and page is not None:
                page.append(message.get("body", b""))
                if not message.get("more_body"):
                    await self._send_page(start, b"".join(page), send)
            else:
                await send(message)

        await self.app({**scope, "headers": plain}, receive, rewrite)

    async def _send_page(self, start: Message, page: bytes, send: Send) -> None:
        body = page.replace(b"<head>", b"<head>" + self._script, 1)
        headers = [(key, value) for key, value in start["headers"] if key.lower() not in _STALE]
        headers += [self._policy, (b"content-length", str(len(body)).encode())]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _is_page(start: Message) -> bool:
    return any(
        key.lower() == b"content-type" and value.startswith(b"text/html")
        for key, value in start["headers"]
    )


def keep_to_own_host() -> None:
    """Let the Prefect server of this process add `SameOrigin` to its application."""
    from prefect.server.api import server
    from prefect.settings import PREFECT_UI_API_URL

    create = server.create_app

    def create_app(*arguments: Any, **named: Any) -> Any:
        app, api = create(*arguments, **named), urlsplit(PREFECT_UI_API_URL.value() or "")
        classes: list[object] = [middleware.cls for middleware in app.user_middleware]
        if SameOrigin not in classes:
            origins = [f"{api.scheme}://{api.netloc}"] if api.netloc else []
            app.add_middleware(SameOrigin, origins=origins)
        return app

    server.create_app = create_app
