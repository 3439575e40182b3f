"""A fake TMDB server on loopback: real HTTP with its pages, limits, error bodies and failures.

`python -m benchmarks.lib.tmdb_server --films 5155` runs it; on SIGTERM it prints its log.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import signal
import socket
import struct
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.lib.tmdb_films import films
from benchmarks.lib.tmdb_responses import ApiError, TmdbResponses

__all__ = ["KEY", "TOKEN", "Hit", "TmdbServer"]

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0cyJ9.c2lnbmF0dXJlLW9mLXRlc3Rz"

# TMDB's own codes and messages, with their HTTP status.
ERRORS = {
    7: (401, "Invalid API key: You must be granted a valid key."),
    9: (503, "Service offline: This service is temporarily offline, try again later."),
    11: (500, "Internal error: Something went wrong, contact TMDB."),
    20: (422, "Invalid date range: Should be a range no longer than 14 days."),
    22: (400, "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer."),
    23: (400, "Invalid date: Format needs to be YYYY-MM-DD."),
    25: (429, "Your request count (41) is over the allowed limit of (40)."),
    27: (400, "Too many append to response objects: The maximum number of remote calls is 20."),
    34: (404, "The resource you requested could not be found."),
}


@dataclass
class Hit:
    """A request that arrived, without its key."""

    at: float  # time.monotonic()
    path: str
    params: dict[str, str]
    status: int  # 0: no valid response was sent
    signed: str  # key, bearer, or "" if without valid credentials
    user: str = ""

    @property
    def query(self) -> str:
        """Return path and parameters as a text."""
        return self.path + "?" + "&".join(f"{k}={v}" for k, v in sorted(self.params.items()))


@dataclass
class TmdbServer(TmdbResponses):
    """Use as `with TmdbServer(films(100)) as server`; `server.url` is the address of the API.

    Parameters
    ----------
    limit : int, optional
        Requests per second beyond which it returns 429.
    faults : dict of str to deque of str
        Path (`*` for all) to the faults of its next requests, in order: a status (`500`, `429` with
        Retry-After of a second, `429-date`, `429-bare`, `502-html`, `404-html`), `reset`, `torn`
        (fewer bytes than promised), `cut` (half the JSON), `garbled` (invalid gzip),
        `slow:SECONDS`, or an empty text for none.
    port : int
        Port, 0 for a free one.
    latency : float
        Seconds before each response.
    """

    limit: int | None = None
    faults: dict[str, deque[str]] = field(default_factory=dict)
    port: int = 0
    latency: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.log: list[Hit] = []
        self.recent: deque[float] = deque()
        self.lock = threading.Lock()
        self.thaw = threading.Event()
        self.thaw.set()
        self.freeze_after: int | None = None

    def __enter__(self) -> TmdbServer:
        handler = type("Handler", (_Handler,), {"tmdb": self})
        self.http = _Quiet(("127.0.0.1", self.port), handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/3"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.thaw.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def freeze(self, after: int) -> None:
        """After `after` more requests, respond to nothing until `thaw` is set."""
        self.freeze_after = len(self.log) + after
        self.thaw.clear()

    def answered(self) -> list[str]:
        """Return the queries that got a response of 200 or 404, in order."""
        with self.lock:
            return [hit.query for hit in self.log if hit.status in (200, 404)]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors: a client that was killed is not an error of the server."""


class _Handler(BaseHTTPRequestHandler):
    tmdb: TmdbServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def parse_request(self) -> bool:
        self.at = time.monotonic()  # the first line has arrived
        return super().parse_request()

    def do_GET(self) -> None:
        at = self.at
        place = urlsplit(self.path)
        params = dict(parse_qsl(place.query))
        signed = self.signature(params)
        path = place.path.removeprefix("/3/")
        server = self.tmdb
        with server.lock:
            index = len(server.log)
            self.hit = Hit(at, path, params, 0, signed, self.headers["User-Agent"] or "")
            server.log.append(self.hit)
            queue = server.faults.get(path) or server.faults.get("*")
            fault = queue.popleft() if queue else ""
            over = self.over_limit(at)
        if server.freeze_after is not None and index >= server.freeze_after:
            server.thaw.wait()
        if server.latency:
            time.sleep(server.latency)
        if fault.startswith("slow:"):
            time.sleep(float(fault.removeprefix("slow:")))
            fault = ""
        if over:
            fault = "429"
        self.answer(path, params, signed, fault)

    def signature(self, params: dict[str, str]) -> str:
        key = params.pop("api_key", None)
        if key is not None:
            return "key" if key == KEY else ""
        return "bearer" if self.headers.get("Authorization") == f"Bearer {TOKEN}" else ""

    def over_limit(self, at: float) -> bool:
        recent, limit = self.tmdb.recent, self.tmdb.limit
        if limit is None:
            return False
        recent.append(at)
        while recent[0] <= at - 1.0:
            recent.popleft()
        return len(recent) > limit

    def answer(self, path: str, params: dict[str, str], signed: str, fault: str) -> None:
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if fault.endswith("-html"):
            self.send(int(fault[:3]), b"<html><h1>No API</h1></html>", kind="text/html")
            return
        try:
            if not signed:
                raise ApiError(7)
            if fault[:3].isdecimal():
                raise ApiError({"429": 25, "503": 9}.get(fault[:3], 11))
            response = self.tmdb.route(path, params)
        except ApiError as error:
            status, message = ERRORS[error.code]
            body = {"success": False, "status_code": error.code, "status_message": message}
            after = {"429-date": formatdate(time.time() + 1, usegmt=True), "429-bare": ""}
            wait = after.get(fault, "1") if status == 429 else ""
            self.send(status, json.dumps(body).encode(), retry_after=wait)
            return
        body_bytes = response if isinstance(response, bytes) else json.dumps(response).encode()
        if fault == "cut":
            body_bytes = body_bytes[: len(body_bytes) // 2]
        self.send(200, body_bytes, fault=fault)

    def send(
        self,
        status: int,
        body: bytes,
        *,
        kind: str = "application/json;charset=utf-8",
        retry_after: str = "",
        fault: str = "",
    ) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}"]
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = b"not gzip" if fault == "garbled" else gzip.compress(body, 1, mtime=0)
            lines.append("Content-Encoding: gzip")
        if retry_after:
            lines.append(f"Retry-After: {retry_after}")
        promised = len(body) + 100 if fault == "torn" else len(body)
        lines += [f"Content-Length: {promised}", "", ""]
        # Recorded before it is sent: a client may read the log as soon as it has the response.
        self.hit.status = 0 if fault in ("torn", "cut", "garbled") else status
        try:
            self.wfile.write("\r\n".join(lines).encode() + body)
        except OSError:
            self.hit.status = 0
            self.close_connection = True
        if fault == "torn":
            self.close_connection = True


def main() -> None:
    """Serve until SIGTERM, then print as JSON when each request arrived, its status and kind."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--films", type=int, default=531)
    options.add_argument("--limit", type=int, default=None)
    options.add_argument("--latency", type=float, default=0.0)
    args = options.parse_args()
    sys.setswitchinterval(0.0002)  # or a thread records an arrival milliseconds late
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with TmdbServer(films(args.films), limit=args.limit, latency=args.latency) as server:
        gc.freeze()  # a collection over a million objects would stop all threads
        gc.disable()
        print(server.url, flush=True)
        ended.wait()
        hits = [[hit.at, hit.status, hit.path.split("/")[0]] for hit in server.log]
        print(json.dumps(hits), flush=True)


if __name__ == "__main__":
    main()
