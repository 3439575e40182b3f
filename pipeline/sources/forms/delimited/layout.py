"""The layout of delimited text, found in its first lines: separator, quoting, header, width."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["SEPARATORS", "Layout", "find_layout"]

SEPARATORS = (",", ";", "\t", "|")
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEP_LINE = re.compile(r'^"?sep=(.)"?[\r\n]*$', re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[\d.,]*\d%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")
_CODE = re.compile(r"(?=[^\d]{0,4}\d)[\w.:/+-]{1,24}")
_SAMPLE_ROWS = 300
_HEADER_WITHIN = 60  # rows among which the header is looked for


@dataclass(frozen=True)
class Layout:
    """How lines become rows.

    Attributes
    ----------
    separator : str
        One character.
    quoted : bool
        Whether cells are quoted as in CSV; otherwise a quote is text.
    escaped : bool
        Whether a backslash escapes a quote.
    columns : tuple of str
        Unique names.
    skipped : int
        Lines before the first data row, the header included.
    codes : Mapping of int to pattern
        Columns of numbers or ids: a line that has other text there is no row.
    notes : tuple of str
        What a user should know.
    """

    separator: str
    quoted: bool
    escaped: bool
    columns: tuple[str, ...]
    skipped: int
    codes: frozenset[int] = frozenset()
    notes: tuple[str, ...] = field(default=())

    @property
    def width(self) -> int:
        """Number of cells of a row."""
        return len(self.columns)


def _parse(lines: Sequence[str], separator: str, quoted: bool) -> list[tuple[int, list[str]]]:
    """Return each row with the number of lines up to its end."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=separator, quoting=quoting)
    rows = []
    for cells in reader:
        rows.append((reader.line_num, cells))
        if len(rows) >= _SAMPLE_ROWS:
            break
    return rows


def _modal_width(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, float]:
    """Return the most frequent number of cells above 1, and the share of rows with it."""
    widths = Counter(len(cells) for _, cells in rows if len(cells) > 1)
    if not widths:
        return 0, 0.0
    filled = sum(1 for _, cells in rows if any(cells))
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return width, count / filled


def find_layout(lines: Sequence[str], *, headless: bool = False) -> Layout | None:
    """Return the layout of a text from its first lines, or None if nothing separates cells.

    Parameters
    ----------
    lines : sequence of str
        The first lines, with their ends.
    headless : bool
        Whether there is no header; columns are then called "1", "2", ...
    """
    first = 0
    separators: Sequence[str] = SEPARATORS
    if lines and (mark := _SEP_LINE.match(lines[0])):
        first, separators = 1, (mark[1],)
    best: tuple[float, int, str, bool] | None = None
    for separator in separators:
        quoted = separator != "\t"
        width, share = _modal_width(_parse(lines[first:], separator, quoted))
        if width and (best is None or (share, width) > best[:2]):
            best = (share, width, separator, quoted)
    if best is None:
        return None
    _, width, separator, quoted = best
    return _with_header(lines, first, separator, quoted, width, headless)


def _with_header(
    lines: Sequence[str], first: int, separator: str, quoted: bool, width: int, headless: bool
) -> Layout:
    rows = _parse(lines[first:], separator, quoted)
    if headless:
        names = tuple(str(i + 1) for i in range(width))
        return Layout(separator, quoted, False, names, first)
    at = next((i for i, (_, cells) in enumerate(rows) if len(cells) == width), 0)
    line, header = rows[at]
    return Layout(separator, quoted, False, unique(header), first + line)


def unique(header: Sequence[str]) -> tuple[str, ...]:
    """Return stripped names; a repeated name gets a number, as "title.2".

    Examples
    --------
    >>> unique(["id", "title ", "title"])
    ('id', 'title', 'title.2')
    """
    seen: dict[str, None] = {}
    for cell in header:
        base = name = cell.strip()
        number = 1
        while name in seen:
            number += 1
            name = f"{base}.{number}"
        seen[name] = None
    return tuple(seen)
