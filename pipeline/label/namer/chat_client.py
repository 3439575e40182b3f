"""One request to an OpenAI-compatible server at a time: limits, retries, and why it failed.

The request has only the fields that Ollama, llama.cpp and vLLM share: model, messages, stream,
temperature, seed and max_tokens. `response_format` is left out, since servers differ in the forms
that they accept; the text of the answer is parsed instead. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpx
from pydantic import SecretStr

from pipeline.label.namer.credentials import VARIABLE
from pipeline.label.namer.prompts import Message
from pipeline.settings.namer_address import NamerAddress

__all__ = ["ChatClient", "NoAnswerError"]

_TRIES = 5  # of a request that failed for a while
_BACKOFF_SECONDS = 0.5  # before the second try; doubles each time
_MOST_BYTES = 2**20  # of a response
_MOST_TOKENS = 2_048  # of an answer, thoughts included
_SEED = 2026
_BUSY = {408, 425, 429, 500, 502, 503, 504}  # llama.cpp returns 503 while it loads the model
_WRONG = {400, 422}  # such as a parameter that this server or model does not accept
_REFUSED = {401, 403}
_SHOWN = 120  # characters of a message of the server


class NoAnswerError(Exception):
    """The server returned no answer; the message is the reason, in one line.

    Parameters
    ----------
    reason : str
        What happened.
    wait : float, optional
        Another try after this many seconds may succeed; None: no other try helps.
    status : int
        HTTP status, 0 if there is none.
    """

    def __init__(self, reason: str, wait: float | None = None, status: int = 0) -> None:
        super().__init__(reason)
        self.wait, self.status = wait, status


class ChatClient:
    """A client of one server; use as `async with`.

    Parameters
    ----------
    address : NamerAddress
        The server and its model.
    key : SecretStr or None
        Sent as a bearer token, to this server only.
    request_seconds : float
        Longest time for one response, from the connection to the last byte.
    connections : int
        Most connections at the same time.
    deadline : float
        Time of `time.monotonic` after which no request runs.
    """

    def __init__(
        self,
        address: NamerAddress,
        key: SecretStr | None,
        *,
        request_seconds: float,
        connections: int,
        deadline: float,
    ) -> None:
        self._address, self._key = address, key
        self._request_seconds, self._deadline = request_seconds, deadline
        self._connections = connections

    async def __aenter__(self) -> ChatClient:
        headers = {"Accept": "application/json", "User-Agent": "micro-genre-miner"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        self._http = httpx.AsyncClient(
            headers=headers,
            limits=httpx.Limits(max_connections=self._connections),
            timeout=None,  # each request has a limit of its own for all of its parts together
            follow_redirects=False,
            trust_env=not self._address.is_local,  # a proxy of the environment is for other hosts
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def models(self) -> list[str]:
        """Return the names of the models that the server lists.

        Raises
        ------
        NoAnswerError
            If it does not answer at once, or the answer is no list of models.
        """
        document = await self._send("GET", "models", None)
        listed = document.get("data")
        if not isinstance(listed, list):
            raise NoAnswerError("the response to /models is no list of models")
        return [str(entry["id"]) for entry in listed if isinstance(entry, dict) and "id" in entry]

    async def complete(self, messages: Sequence[Message]) -> str:
        """Return the text that the model writes after the messages.

        It may be empty: some servers return the thoughts of a model in another field, and a model
        may use all its tokens for them.

        Raises
        ------
        NoAnswerError
            If the server has returned no chat completion, after all tries.
        """
        plain = {"model": self._address.model, "messages": list(messages), "stream": False}
        options = {"temperature": 0, "seed": _SEED, "max_tokens": _MOST_TOKENS}
        try:
            return _text_of(await self._persist({**plain, **options}))
        except NoAnswerError as error:
            if error.status not in _WRONG:
                raise
        return _text_of(await self._persist(plain))

    async def _persist(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send a request until there is a response, or another try is useless or too late."""
        for tried in range(_TRIES):
            try:
                return await self._send("POST", "chat/completions", body)
            except NoAnswerError as error:
                wait = error.wait
                if wait is None or tried == _TRIES - 1:
                    raise
                wait = max(wait, _BACKOFF_SECONDS * 2.0**tried)
                if wait > min(self._left(), self._request_seconds):
                    raise
            await asyncio.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """Send one request; return the JSON object of a response with status 200."""
        left = self._left()
        if left <= 0:
            raise NoAnswerError("the time for the namer is over")
        limit = min(left, self._request_seconds)
        try:
            async with asyncio.timeout(limit):
                return await self._receive(method, path, body)
        except TimeoutError as error:
            raise NoAnswerError(f"no answer within {limit:.3g} s") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise NoAnswerError(f"not a usable address: {_line(str(error))}") from error
        except httpx.ConnectError as error:
            raise NoAnswerError("no connection to the server", 0.0) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise NoAnswerError(f"the connection broke ({type(error).__name__})", 0.0) from error

    async def _receive(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        url = f"{self._address.url}/{path}"
        async with self._http.stream(method, url, json=body) as response:
            content = bytearray()
            async for part in response.aiter_bytes():
                content += part
                if len(content) > _MOST_BYTES:
                    raise NoAnswerError(f"a response of more than {_MOST_BYTES:,} bytes")
        document = _parse_object(bytes(content))
        if response.status_code != 200:
            raise _failure(response, document)
        if document is None:
            raise NoAnswerError("the response is not a JSON object")
        return document


def _failure(response: httpx.Response, document: dict[str, Any] | None) -> NoAnswerError:
    """Return the error that a response with another status than 200 means."""
    status = response.status_code
    said = f"status {status}"
    if response.is_redirect:
        return NoAnswerError(f"{said}: the server redirects; give its final address", None, status)
    if status in _REFUSED:
        said += f": the key is refused or missing; set {VARIABLE}"
    elif message := _message_of(document):
        said += f": {message}"
    return NoAnswerError(said, _retry_after(response) if status in _BUSY else None, status)


def _retry_after(response: httpx.Response) -> float:
    """Return the seconds of `Retry-After`, a number or a date; 0 if there is none."""
    header = response.headers.get("Retry-After", "").strip()
    if header.isascii() and header.isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def _message_of(document: dict[str, Any] | None) -> str:
    """Return what the server says about an error, in one short line."""
    error = (document or {}).get("error", "")
    message = error.get("message", "") if isinstance(error, dict) else error
    return _line(message) if isinstance(message, str) else ""


def _line(text: str) -> str:
    kept = "".join(c if c.isprintable() else " " for c in text[: 4 * _SHOWN])
    return " ".join(kept.split())[:_SHOWN]


def _parse_object(content: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _text_of(document: dict[str, Any]) -> str:
    """Return the text of a chat completion: a string, or parts with a text each."""
    try:
        content = document["choices"][0]["message"].get("content")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        said = _message_of(document)  # some servers return an error with status 200
        reason = "the response is no chat completion" + (f": {said}" if said else "")
        raise NoAnswerError(reason) from error
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "\n".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""
