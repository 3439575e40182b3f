"""Keeps keys and passwords of the environment, and those inside addresses, out of what is told."""

from __future__ import annotations

import os
import re

__all__ = ["redact", "secrets"]

HIDDEN = "***"
# The last word of a variable's name says that its value is a secret, if it is long enough.
_NAMES = re.compile(r"(KEY|TOKEN|PASSWORD|PASSWD|SECRET|AUTH_STRING|CREDENTIALS)$", re.IGNORECASE)
_SHORTEST = 6
_USER_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@:]+:[^/\s@]+(?=@)")
_PEM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
)


def secrets() -> list[str]:
    """Values of the environment that are secrets by their names, the longest first."""
    found = {
        value
        for name, value in os.environ.items()
        if _NAMES.search(name) and len(value) >= _SHORTEST and not os.path.exists(value)
    }
    return sorted(found, key=lambda value: (-len(value), value))


def redact(text: str) -> str:
    """`text` without secrets of the environment, passwords in addresses, and private keys."""
    for value in secrets():
        if value in text:
            text = text.replace(value, HIDDEN)
    text = _USER_IN_ADDRESS.sub(HIDDEN, text)
    return _PEM.sub(HIDDEN, text)
