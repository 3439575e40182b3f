"""The first look at a cell: is it missing, is it sound text, is it a list written as text?"""

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
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")  # what `surrogateescape` makes of a bad byte
_ADJACENT = re.compile(r"(['\"])\s+(['\"])")
MAX_LITERAL_CHARS = 1_000_000  # a longer list cell is an attack or an accident, not a film


class CellError(ValueError):
    """A cell holds what its column cannot; the message completes "column 'x': 'y' ..."."""


def is_null(value: object) -> bool:
    """Whether the cell says that nothing is known."""
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and value.strip().lower() in _NULLS


def restore_bytes(cell: str) -> str:
    """Read bytes that are not UTF-8 as Windows-1252, the usual reason that they are not.

    Byte by byte rather than the whole cell, so that a cell with both keeps its good part.
    """
    if cell.isascii() or not _ESCAPED_BYTE.search(cell):
        return cell
    return _ESCAPED_BYTE.sub(_windows_1252, cell)


def _windows_1252(match: re.Match[str]) -> str:
    byte = bytes([ord(match[0]) - 0xDC00])
    try:
        return byte.decode("cp1252")
    except UnicodeDecodeError:  # five bytes have no meaning there
        return "\ufffd"


def text(value: object) -> str | None:
    r"""Text, stripped, or None where empty or `\N`; a number becomes its digits.

    A lone surrogate (half of a character, which no file can store) becomes U+FFFD; a pair is
    joined. Words such as "None" stay: films are called that.
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
    """A list or object, written as JSON or as Python or given as such; other text as it is."""
    if is_null(value):
        return None
    if isinstance(value, list | Mapping):
        return value
    if not isinstance(value, str):
        raise CellError("is not a list")
    cell = value.strip()
    if cell[0] not in "[{":
        return cell
    found = _literal(cell)
    if isinstance(found, tuple | set | frozenset):
        return sorted(found, key=str) if isinstance(found, set | frozenset) else list(found)
    if isinstance(found, list | dict):
        return found
    if "|" in cell:  # "[REC]|zombie"
        return cell
    raise CellError("is not a list that can be read")


def _literal(cell: str) -> object:
    if len(cell) > MAX_LITERAL_CHARS:
        raise CellError(f"is a list of {len(cell)} characters")
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass_on = cell
    if "," not in cell:  # NumPy prints ['a' 'b'], which Python would read as the one name 'ab'
        pass_on = _ADJACENT.sub(r"\1, \2", cell)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a title is no concern of the user's
            return ast.literal_eval(pass_on)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
