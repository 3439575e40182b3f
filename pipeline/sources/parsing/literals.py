"""The first steps of parsing a cell: missing values, invalid text, lists written as text."""

from __future__ import annotations

import ast
import json
import math
import re
import unicodedata
import warnings
from collections.abc import Mapping
from decimal import Decimal

from pipeline.sources.parsing.words import MISSING, UNKNOWN_WORDS

__all__ = [
    "CellError",
    "decode",
    "is_missing",
    "is_null",
    "known_text",
    "plain",
    "restore_bytes",
    "text",
]

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")  # an invalid byte under `surrogateescape`
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NUMPY = re.compile(rf"\[\s*{_QUOTED}(?:\s+{_QUOTED})+\s*\]", re.DOTALL)
_QUOTED_TEXT = re.compile(_QUOTED, re.DOTALL)
_ARRAY = re.compile(
    r"(?:np\.|numpy\.)?(?:array|frozenset|set|list|tuple)\((.*?)(?:,\s*dtype=.*)?\)", re.S
)
_BARE_LIST = re.compile(r"\[[^\[\]{}'\"]*\]")  # [Action, Drama], as Java prints it
_LINK = re.compile(r"\[[^\[\]\"']+\]\(https?://")  # [Ada Quill](https://...), as Markdown has it
_BARE_NAN = re.compile(r"(?<=[\[,: ])nan(?=[,\]} ])")
_POSTGRES_ITEM = re.compile(r'(?:\s*"((?:[^"\\]|\\.)*)"\s*|([^",{}]*))(,|$)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
MAX_LITERAL_CHARS = 1_000_000  # a longer list cell is an attack or an accident, not a film
_NULLS = frozenset(MISSING) | frozenset(UNKNOWN_WORDS)
_LONGEST_MARK = 40  # characters of a cell that says that its value is unknown
# Digits of Arabic, Persian, Devanagari, Bengali and Thai.
_DIGITS = {
    chr(zero + digit): str(digit)
    for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)
    for digit in range(10)
}
# Dashes, quotes and invisible marks that NFKC does not unify; powers that it would misread.
_PLAIN = str.maketrans(
    _DIGITS
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u2033", '"')
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
    | dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹½¼¾⅓⅔", "^")
)


class CellError(ValueError):
    """A cell has the wrong type; the message completes "column 'x': 'y' ..."."""


def is_missing(value: object) -> bool:
    """Return whether a cell holds nothing, or a mark of a program such as "null" or "N/A"."""
    if value is None:
        return True
    if isinstance(value, str):
        if len(value) > _LONGEST_MARK:
            return value.isspace()
        return value.strip().lower() in MISSING
    return isinstance(value, float) and math.isnan(value)


def is_null(value: object) -> bool:
    """Return whether a cell means that the value is unknown; not for titles ("Unknown", "Null").

    Examples
    --------
    >>> is_null("N/A"), is_null("Unbekannt"), is_null("(no genres listed)"), is_null("0")
    (True, True, True, False)
    """
    if not isinstance(value, str):
        return is_missing(value)
    if len(value) > _LONGEST_MARK:
        return value.isspace()
    word = value.strip().lower()
    if word in _NULLS:
        return True
    # Most cells have no full stop; without one, the next line would look up the same word again.
    return "." in word and value.strip(" \t\r\n.").lower() in UNKNOWN_WORDS


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


def plain(cell: str) -> str:
    """Return the text of a number or date with the digits, dashes and spaces of ASCII.

    Examples
    --------
    >>> plain("1\u202f234\u20135 ")
    '1 234-5'
    """
    if not cell.isascii():
        cell = unicodedata.normalize("NFKC", cell.translate(_PLAIN)).translate(_PLAIN)
    return cell.strip()


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


def known_text(value: object) -> str | None:
    """Return text, None where it says that the value is unknown; not for titles."""
    return None if is_null(value) else text(value)


def decode(value: object) -> str | list[object] | Mapping[str, object] | None:
    """Return the list or object of a cell, written by JSON, Python, NumPy or PostgreSQL.

    Other text is unchanged.

    Raises
    ------
    CellError
        If the cell is a list or object that cannot be read.
    """
    if is_null(value):
        return None
    if not isinstance(value, str):
        if isinstance(value, list | Mapping):
            return value
        if isinstance(value, tuple | set | frozenset):
            return _as_list(value)
        raise CellError("is not a list")
    cell = value.strip(" \t\r\n") or value  # others may be parts of letters, see `text`
    inner: object = None
    if cell[0] in "[{(" and not ("](" in cell and _LINK.match(cell)):
        return _decode_brackets(cell)
    if cell[0] in "\"'" and cell[1:].lstrip()[:1] in ("[", "{"):  # JSON within a text of JSON
        inner = _parse_literal(cell)
    elif cell[-1] == ")" and (match := _ARRAY.fullmatch(cell)):
        inner = match[1]
    return decode(inner) if isinstance(inner, str) and inner != cell else cell


def _as_list(parsed: tuple[object, ...] | set[object] | frozenset[object]) -> list[object]:
    return list(parsed) if isinstance(parsed, tuple) else sorted(parsed, key=str)


def _decode_brackets(cell: str) -> str | list[object] | Mapping[str, object]:
    if cell[0] == "(" and not (cell[-1] == ")" and cell[1:].lstrip()[:1] in ("'", '"')):
        return cell
    parsed = _parse_literal(cell)
    if isinstance(parsed, tuple | set | frozenset):
        parsed = _as_list(parsed)
    elif not isinstance(parsed, list | dict):
        if cell[0] == "(" or "|" in cell:  # "[REC]|zombie"
            return cell
        parsed = _unquoted(cell)
    return parsed


def _unquoted(cell: str) -> list[object]:
    """Return the entries of `{Action,Drama}` or `[Action, Drama]`."""
    if cell[0] == "{" and cell[-1] == "}":
        return _postgres_array(cell[1:-1])
    if _BARE_LIST.fullmatch(cell):
        return [entry.strip() for entry in cell[1:-1].split(",")]
    raise CellError("is not a list that can be read")


def _postgres_array(inner: str) -> list[object]:
    entries: list[object] = []
    at = 0
    while at < len(inner):
        match = _POSTGRES_ITEM.match(inner, at)
        if match is None or (match[3] == "" and match.end() < len(inner)):
            raise CellError("is not a list that can be read")
        if match[1] is not None:
            entries.append(_ESCAPED.sub(r"\1", match[1]))
        elif ":" in match[2]:  # a broken object, not an array
            raise CellError("is not a list that can be read")
        else:
            entries.append(match[2].strip())
        at = match.end()
    return entries


def _parse_literal(cell: str) -> object:
    if len(cell) > MAX_LITERAL_CHARS:
        raise CellError(f"is a list of {len(cell)} characters")
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        source = cell
    if _NUMPY.fullmatch(cell):  # ['a' 'b'], which Python would read as one text 'ab'
        source = f"[{','.join(_QUOTED_TEXT.findall(cell))}]"
    if "nan" in source:  # of pandas, which Python cannot read back
        source = _BARE_NAN.sub("None", source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an invalid escape in a title
            return ast.literal_eval(source)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
