"""A server of ours with an OpenAI-compatible API, on loopback: it answers well, late or badly."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

__all__ = ["MODEL", "ChatServer", "names_for"]

MODEL = "small-model:1b"


def names_for(prompt: str) -> str:
    """Answer as a good model does: names from the first subject of the prompt."""
    subjects = [line for line in prompt.splitlines() if line.startswith("Subjects: ")]
    subject = subjects[0].removeprefix("Subjects: ").split(",")[0] if subjects else "quiet"
    return json.dumps([f"classic {subject} dramas", f"{subject} thrillers"])


class ChatServer:
    """Use as `with ChatServer() as server`; `server.setting` is the value of `label.namer`.

    Parameters
    ----------
    answer : callable
        From the text of the user to the text of the model.
    faults : iterable of str
        What happens to the next chat requests, in order, then nothing: a status (`500`, `429:2`
        with Retry-After, `400`), `html`, `list` (JSON, but no object), `empty` (an error with
        status 200), `thoughts` (no content), `parts` (content in parts), `reset`, `huge`, `drip` (a
        byte at a time), `slow:SECONDS`, `redirect:URL`, or an empty text for none.
    always : str
        A fault for all chat requests after those.
    models : list of str
        What `/models` lists.

    Attributes
    ----------
    chats : list of dict
        Bodies of the chat requests, in the order of arrival.
    keys : list of str
        Authorization headers of all requests, "" where there is none.
    most_at_once : int
        Most chat requests that ran at the same time.
    """

    def __init__(
        self,
        answer: Callable[[str], str] = names_for,
        faults: Iterable[str] = (),
        always: str = "",
        models: Iterable[str] = (MODEL,),
    ) -> None:
        self.answer, self.faults, self.always = answer, deque(faults), always
        self.models = list(models)
        self.chats: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.most_at_once = self.running = 0
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        owner = self

        class Handler(_Handler):
            server_of = owner

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def setting(self) -> str:
        return f"openai:{self.url}#{MODEL}"

    def __enter__(self) -> ChatServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()

    def subjects(self) -> list[str]:
        """Return the first subject in each chat request, in the order of arrival."""
        texts = [chat["messages"][-1]["content"] for chat in self.chats]
        return [text.split("Subjects: ")[1].splitlines()[0] for text in texts]


class _Handler(BaseHTTPRequestHandler):
    server_of: ChatServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._note_key()
        if self.path != "/v1/models":
            self._json(404, {"error": {"message": "no such path"}})
        else:
            listed = [{"id": name, "object": "model"} for name in self.server_of.models]
            self._json(200, {"object": "list", "data": listed})

    def do_POST(self) -> None:
        owner = self.server_of
        self._note_key()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self._json(404, {"error": {"message": "no such path"}})
            return
        with owner.lock:
            owner.chats.append(body)
            owner.running += 1
            owner.most_at_once = max(owner.most_at_once, owner.running)
            fault = owner.faults.popleft() if owner.faults else owner.always
        try:
            self._chat(body, fault)
        except (BrokenPipeError, ConnectionResetError):  # the client has gone
            self.close_connection = True
        finally:
            with owner.lock:
                owner.running -= 1

    def _chat(self, body: dict[str, Any], fault: str) -> None:
        kind, _, value = fault.partition(":")
        text = self.server_of.answer(body["messages"][-1]["content"])
        if kind.isdecimal():
            headers = {"Retry-After": value} if value else {}
            self._json(int(kind), {"error": {"message": f"fault\n{kind}"}}, headers)
        elif kind == "html":
            self._send(200, b"<html><body>Log in</body></html>", {"Content-Type": "text/html"})
        elif kind == "list":
            self._json(200, [1, 2])
        elif kind == "empty":
            self._json(200, {"choices": [], "error": {"message": "out of\nmemory"}})
        elif kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif kind == "huge":
            self._json(200, {"choices": [], "filler": "x" * 3_000_000})
        elif kind == "drip":
            self._drip()
        elif kind == "redirect":
            self._send(307, b"", {"Location": value})
        elif kind == "thoughts":
            self._complete(None, reasoning="All tokens went into this.")
        elif kind == "parts":
            self._complete([{"type": "text", "text": text}])
        else:
            if kind == "slow":
                self.server_of.stopped.wait(float(value))
            self._complete(text)

    def _complete(self, content: Any, **more: str) -> None:
        message = {"role": "assistant", "content": content, **more}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._json(200, {"object": "chat.completion", "model": MODEL, "choices": [choice]})

    def _drip(self) -> None:
        """Send a byte every tenth of a second, so that no read ever times out."""
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.server_of.stopped.wait(0.1):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _note_key(self) -> None:
        self.server_of.keys.append(self.headers.get("Authorization", ""))

    def _json(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(document).encode()
        self._send(status, content, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""
