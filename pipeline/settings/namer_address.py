"""The address of a namer: an OpenAI-compatible server and one of its models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

__all__ = ["NamerAddress", "NamerText", "parse_namer"]

_FORM = re.compile(r"openai:(?P<url>https?://[^\s#?]+)#(?P<model>[^\s#]{1,200})")
_HINT = "write openai:URL#MODEL, such as openai:http://127.0.0.1:11434/v1#qwen3:8b, or nothing"
_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1")


@dataclass(frozen=True)
class NamerAddress:
    """A server and its model.

    Attributes
    ----------
    url : str
        Base address of the API, without a slash at the end, such as `http://127.0.0.1:11434/v1`.
    model : str
        Name of the model at that server.
    """

    url: str
    model: str

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return _LOOPBACK.fullmatch(urlsplit(self.url).hostname or "") is not None

    @property
    def may_have_key(self) -> bool:
        """Whether nobody on the way can read a key that is sent there."""
        return self.is_local or self.url.startswith("https://")


def parse_namer(text: str) -> NamerAddress | None:
    """Return the address in the value of `label.namer`; None if the value is empty.

    Raises
    ------
    ValueError
        If the text has another form, or contains a user or a key. The message is one line.

    Examples
    --------
    >>> parse_namer("openai:http://127.0.0.1:11434/v1/#qwen3:8b")
    NamerAddress(url='http://127.0.0.1:11434/v1', model='qwen3:8b')
    >>> parse_namer("ollama:qwen3")
    Traceback (most recent call last):
    ValueError: write openai:URL#MODEL, such as openai:http://127.0.0.1:11434/v1#qwen3:8b, ...
    """
    if not text.strip():
        return None
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(_HINT)
    parts = urlsplit(found["url"])
    if "@" in parts.netloc:
        raise ValueError(
            "the address must not contain a user or password: set NAMER_API_KEY in the environment"
        )
    try:
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # the port is no number, or too large
        usable = False
    if not (usable and found["model"].isprintable()):
        raise ValueError(_HINT)
    return NamerAddress(found["url"].rstrip("/"), found["model"])


def _checked(text: str) -> str:
    """Return the text stripped, if it is empty or an address."""
    try:
        parse_namer(text)
    except ValueError as error:
        # pydantic puts "Value error" before the message of a ValueError
        raise PydanticCustomError("namer", "{reason}", {"reason": str(error)}) from error
    return text.strip()


NamerText = Annotated[str, AfterValidator(_checked)]
