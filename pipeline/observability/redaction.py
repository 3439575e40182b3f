"""Remove keys and passwords of the environment, and those in URLs, from logs and messages."""

from __future__ import annotations

import os
import re

__all__ = ["HIDDEN", "redact"]

HIDDEN = "***"
# A variable is a secret if its name ends like this and its value is long enough.
_NAMES = re.compile(r"(KEY|TOKEN|PASSWORD|PASSWD|SECRET|AUTH_STRING|CREDENTIALS)$", re.IGNORECASE)
_SHORTEST = 6
_USER_IN_URL = re.compile(r"(?<=://)[^/\s@:]+:[^/\s@]+(?=@)")
_PEM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
)


def _secrets() -> list[str]:
    """Return the values of secret environment variables, the longest first."""
    values = {
        value
        for name, value in os.environ.items()
        if _NAMES.search(name) and len(value) >= _SHORTEST and not os.path.exists(value)
    }
    return sorted(values, key=lambda value: (-len(value), value))


def redact(text: str) -> str:
    """Replace secrets of the environment, credentials in URLs, and private keys by `***`.

    Examples
    --------
    >>> redact("cannot reach postgresql://user:password@host/db")
    'cannot reach postgresql://***@host/db'
    """
    for value in _secrets():
        if value in text:
            text = text.replace(value, HIDDEN)
    text = _USER_IN_URL.sub(HIDDEN, text)
    return _PEM.sub(HIDDEN, text)
