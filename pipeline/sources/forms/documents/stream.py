"""Read JSON values one after the other from text that comes in pieces."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MAX_VALUE_CHARS", "Broken", "JsonStream", "RowStart", "recover"]

MAX_VALUE_CHARS = 2**24  # a longer row is damage or an attack
_BLANK = re.compile(r"[\s,\x1e\ufeff]*")
_FAR = 2**20  # characters in which a row on a line of its own is looked for
_NEAR = 2**16  # characters before the end of the text in which a row starts
_NUMBER_END = 12  # an error so near to the end of the text may be due to its end
_MOST_LITERAL = 100_000  # characters that are parsed as a Python literal
_DECODER = json.JSONDecoder()
_LENIENT = json.JSONDecoder(strict=False)  # allows line ends in texts


@dataclass(frozen=True)
class Broken:
    """Text in place of a row, and why it is none."""

    detail: str


@dataclass(frozen=True)
class RowStart:
    """How rows start, by which the next row is found after a broken one.

    Attributes
    ----------
    line : pattern or None
        A line end and the start of a row (group "row"), if rows start on lines of their own.
    keys : pattern
        Start of a row with the same first keys (group "row").
    """

    line: re.Pattern[str] | None
    keys: re.Pattern[str]


class JsonStream:
    """A position in a JSON text; only a part of the text is in memory.

    Parameters
    ----------
    pieces : iterator of str
        The text.
    """

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._lines = 0  # before `text`
        self.text = ""
        self.at = 0
        self.start = 0  # of the value before the position
        self.ended = False
        self.lost = False  # whether the end of the text is part of a broken row
        self._fresh = False  # whether `plain_rows` has not seen the text

    def fill(self) -> bool:
        """Read on, at least as much as is not yet used; return whether there was more."""
        fresh, size = [], 0
        wanted = self._ahead()
        while size <= wanted and not self.ended:
            piece = next(self._pieces, None)
            if piece is None:
                self.ended = True
                break
            fresh.append(piece)
            size += len(piece)
        if fresh:
            self._lines += self.text.count("\n", 0, self.at)
            self.text = self.text[self.at :] + "".join(fresh)
            self.at = 0
            self._fresh = True
        return bool(fresh)

    @property
    def line(self) -> int:
        """Number of the line of the position, from 1."""
        return self._lines + self.text.count("\n", 0, self.at) + 1

    def peek(self) -> str:
        """Skip blanks and commas; return the next character, or "" at the end."""
        while True:
            match = _BLANK.match(self.text, self.at)
            assert match is not None
            self.at = match.end()
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.fill():
                return ""

    def value(self) -> object:
        """Return the value at the position, and go on behind it.

        Raises
        ------
        ValueError, RecursionError
            If it is not JSON; the position is unchanged.
        """
        while True:
            try:
                found, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or (
                    error.pos >= len(self.text) - _NUMBER_END
                )
                if not (cut and self._grow()):
                    raise
                continue
            # A number at the end of the text may go on.
            if end == len(self.text) and isinstance(found, int | float) and self._grow():
                continue
            self.start, self.at = self.at, end
            return found

    def _grow(self) -> bool:
        return self._ahead() < MAX_VALUE_CHARS and self.fill()

    def key(self) -> str:
        """Return the key of a member of an object, and go on to its value."""
        found = self.value()
        if not isinstance(found, str) or self.peek() != ":":
            raise ValueError("a key and a colon are expected")
        self.at += 1
        self.peek()
        return found

    def row(self, start: RowStart) -> object:
        """Return the value at the position, or `Broken`; then go on to the next row."""
        try:
            return self.value()
        except (ValueError, RecursionError) as error:
            line, why = self.line, _reason(error)
        text = self._to_next_row(start)
        recovered = recover(text)
        if recovered is not None:
            return recovered
        return Broken(f"line {line} is not JSON: {why}")

    def _to_next_row(self, start: RowStart) -> str:
        """Go to the next start of a row; return the text before it."""
        while True:
            found = start.line.search(self.text, self.at + 1) if start.line else None
            if found is None and (self.ended or start.line is None or self._ahead() > _FAR):
                found = start.keys.search(self.text, self.at + 1)
            before = self.at
            if found:
                self.at = found.start("row")
                return self.text[before : self.at]
            if not self._grow():
                self.at, self.lost = len(self.text), True
                return self.text[before:]

    def plain_rows(self, start: RowStart) -> list[dict[str, object]]:
        """Return the rows that are whole in memory, and go on behind them; none if in any doubt.

        One call for some hundred rows takes a third of the time of as many calls of `row`. Text
        that is an array of objects has these objects only, so nothing else needs to be checked.
        `row` reads all other text: the row at the end of the text, and rows that are broken.
        """
        if not self._fresh:
            return []
        self._fresh = False
        near = max(self.at + 1, len(self.text) - _NEAR)
        starts = [match.start("row") for match in start.keys.finditer(self.text, near)]
        if not starts:
            return []
        end = starts[-1]
        text = self.text[self.at : end].rstrip(" \t\r\n,")
        if '"$' in text:  # a type of MongoDB, which `row` knows
            return []
        try:
            found = _DECODER.decode(f"[{text}]")
        except (ValueError, RecursionError):
            return []
        if not all(isinstance(row, dict) for row in found):
            return []
        self.at = end
        return list(found)

    def _ahead(self) -> int:
        return len(self.text) - self.at


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return str(error) or type(error).__name__


def recover(text: str) -> dict[str, object] | None:
    """Return an object that is nearly JSON, or None.

    Line ends in texts, a comma before a closing bracket and Python's notation are read.

    Examples
    --------
    >>> recover("{'title': 'Salt', 'seen': True,},")
    {'title': 'Salt', 'seen': True}
    """
    text = text.strip().rstrip(",]").strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    for candidate in (text, re.sub(r",\s*([}\]])", r"\1", text)):
        try:
            found = _LENIENT.decode(candidate)
        except (ValueError, RecursionError):
            continue
        return found if isinstance(found, dict) else None
    if len(text) > _MOST_LITERAL:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an invalid escape in a text
            found = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        return None
    return found
