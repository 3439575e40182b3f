"""The values of a JSON text that may be cut off or broken, as far as they go."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

__all__ = ["DEPTH", "FIRST", "first_objects", "top_values"]

DEPTH = 5  # of the containers that are looked into
FIRST = 30  # elements that are looked at
_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[\s,\x1e\ufeff]*")
_MISSING = object()


def top_values(text: str) -> list[object]:
    """Return the values of a text that may be cut off, the last perhaps without its end."""
    values: list[object] = []
    at = _skip(text, 0)
    while at < len(text) and len(values) < FIRST:
        value, at, complete = _partial(text, at, 0)
        if value is not _MISSING:
            values.append(value)
        if not complete:
            break
        at = _skip(text, at)
    return values


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    assert match is not None
    return match.end()


def _partial(text: str, at: int, depth: int) -> tuple[object, int, bool]:
    """Return the value at a position as far as it goes, its end, and whether it is complete."""
    try:
        value, end = _DECODER.raw_decode(text, at)
        return value, end, True
    except (ValueError, RecursionError):
        if text[at] not in "{[" or depth > DEPTH:
            return _MISSING, len(text), False
    items: list[object] = []
    members: dict[str, object] = {}
    found: object = items if text[at] == "[" else members
    closing = "]" if text[at] == "[" else "}"
    at = _skip(text, at + 1)
    while at < len(text) and text[at] != closing:
        key: object = ""
        if closing == "}":
            key, at, complete = _partial(text, at, DEPTH + 1)
            at = _skip(text, at)
            if not complete or not isinstance(key, str) or text[at : at + 1] != ":":
                return found, len(text), False
            at = _skip(text, at + 1)
            if at >= len(text):
                break
        value, at, complete = _partial(text, at, depth + 1)
        if value is not _MISSING:
            items.append(value)
            members[str(key)] = value
        if not complete:
            return found, len(text), False
        at = _skip(text, at)
    return found, at + 1, at < len(text)


def first_objects(values: Sequence[object]) -> list[dict[str, object]]:
    """Return the objects with members among the first values."""
    return [value for value in values[:FIRST] if isinstance(value, dict) and value]
