"""The first steps of parsing a cell: missing values, invalid text, lists written as text."""

from __future__ import annotations

import ast
import json
import math
import re
import warnings
from collections.abc import Mapping
from decimal import Decimal

__all__ = ["CellError", "decode", "is_null", "restore_bytes", "text"]

_NULLS = frozenset({"", "nan", "none", "null", "n/a", "na", "<na>", "nat", "\\n", "-"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")  # an invalid byte under `surrogateescape`
_ADJACENT = re.compile(r"(['\"])\s+(['\"])")
MAX_LITERAL_CHARS = 1_000_000  # a longer list cell is an attack or an accident, not a film


class CellError(ValueError):
    """A cell has the wrong type; the message completes "column 'x': 'y' ..."."""


def is_null(value: object) -> bool:
    """Return whether a cell means that the value is unknown."""
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and value.strip().lower() in _NULLS


def restore_bytes(cell: str) -> str:
    """Read bytes that are not UTF-8 as Windows-1252, which they usually are.

    Each byte is converted on its own, so that the valid UTF-8 of the same cell is unchanged.
    """
    if cell.isascii() or not _ESCAPED_BYTE.search(cell):
        return cell
    return _ESCAPED_BYTE.sub(_windows_1252, cell)


def _windows_1252(match: re.Match[str]) -> str:
    byte = bytes([ord(match[0]) - 0xDC00])
    try:
        return byte.decode("cp1252")
    except UnicodeDecodeError:  # Windows-1252 does not define five bytes
        return "\ufffd"


def text(value: object) -> str | None:
    r"""Return stripped text, None if empty or `\N`; a number becomes its digits.

    A lone surrogate, which UTF-8 cannot encode, becomes U+FFFD; a pair is joined. Words such as
    "None" are unchanged, since they are titles of films.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise CellError("is not text")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    cell = str(value)
    if not cell.isascii() and _SURROGATE.search(cell):
        cell = cell.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    cell = cell.strip(" \t\r\n")
    return None if cell in ("", "\\N") else cell


def decode(value: object) -> str | list[object] | Mapping[str, object] | None:
    """Return the list or object of a cell, written as JSON or Python; other text unchanged."""
    if is_null(value):
        return None
    if isinstance(value, list | Mapping):
        return value
    if not isinstance(value, str):
        raise CellError("is not a list")
    cell = value.strip()
    if cell[0] not in "[{":
        return cell
    parsed = _parse_literal(cell)
    if isinstance(parsed, tuple | set | frozenset):
        return sorted(parsed, key=str) if isinstance(parsed, set | frozenset) else list(parsed)
    if isinstance(parsed, list | dict):
        return parsed
    if "|" in cell:  # "[REC]|zombie"
        return cell
    raise CellError("is not a list that can be read")


def _parse_literal(cell: str) -> object:
    if len(cell) > MAX_LITERAL_CHARS:
        raise CellError(f"is a list of {len(cell)} characters")
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        source = cell
    if "," not in cell:  # NumPy prints ['a' 'b'], which Python would read as one text 'ab'
        source = _ADJACENT.sub(r"\1, \2", cell)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an invalid escape in a title
            return ast.literal_eval(source)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
