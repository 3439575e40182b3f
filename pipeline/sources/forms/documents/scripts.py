"""JSON within something else: a script around it, or a JSON text in which it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

__all__ = ["inner_text", "json_start", "trimmed"]

_NAME = r"[A-Za-z_$][\w$]*(?:\.[\w$]+|\[[\w'\"]+\])*"
_START = re.compile(
    r"\ufeff?\s*(?:/\*.{0,300}?\*/\s*|//[^\n]{0,300}\n\s*|['\"]use strict['\"];?\s*)*"
    rf"(?:\)\]\}}'?,?|while\s*\(1\);|for\s*\(;;\);|export\s+default"
    rf"|(?:export\s+)?(?:(?:var|let|const)\s+)?{_NAME}\s*=|{_NAME}\s*\()\s*(?=[\[{{]\s*[\[\]{{}}\"])",
    re.DOTALL,
)
_IN_TEXT = re.compile(r'[\ufeff\s]*"(?:\\[nrt]|\s)*[\[{](?:\\[nrt]|\s)*(?:[\[{]|\\")')
_DECODER = json.JSONDecoder()
_END = " \t\r\n;),"
_TAIL = 64  # characters in which the end of a script is looked for


def json_start(text: str) -> int:
    """Return where JSON starts in a script such as `var films = [...]`; 0 if it is no script.

    Examples
    --------
    >>> json_start('var films = [{"title": "Salt"}];'), json_start('films({"title": "Salt"})')
    (12, 6)
    >>> json_start("title,plot"), json_start("[1]")
    (0, 0)
    """
    match = _START.match(text[:2_000])
    return match.end() if match else 0


def trimmed(pieces: Iterator[str], start: int) -> Iterator[str]:
    """Yield a text without its first characters, and without what closes a script.

    Examples
    --------
    >>> "".join(trimmed(iter(["var a = [1", ", 2", "];", chr(10)]), 8))
    '[1, 2]'
    """
    last = ""
    for piece in pieces:
        dropped = min(start, len(piece))
        start -= dropped
        last += piece[dropped:]
        if len(last) > _TAIL:
            yield last[:-_TAIL]
            last = last[-_TAIL:]
    yield last.rstrip(_END)


def inner_text(text: str) -> str | None:
    r"""Return the texts that JSON texts hold, one per line, or None if they hold no JSON.

    Examples
    --------
    >>> inner_text('"[{\\"title\\": \\"Salt\\"}]"')
    '[{"title": "Salt"}]'
    >>> inner_text('"Salt","[1]"') is None
    True
    """
    if not _IN_TEXT.match(text):
        return None
    found = []
    at = 0
    text = text.strip("\ufeff \t\r\n")
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, str):
            return None
        found.append(value)
        while text[at : at + 1].isspace():
            at += 1
    return "\n".join(found)
