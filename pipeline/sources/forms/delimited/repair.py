"""Cells of a line whose quotes are out of place."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace

from pipeline.sources.forms.delimited.layout import ESCAPED, Layout, parse, protect, unprotect

__all__ = ["lenient_cells", "repair"]

_MOST_LINES = 200  # of one row
_MOST_STEPS = 2_000  # of the search for cells in one text
_MOST_CHARS = 200_000


def repair(lines: Sequence[str], start: int, layout: Layout) -> tuple[list[str] | None, int]:
    """Return the cells of the row that starts at a line, or None, and the number of its lines.

    A row never takes a line that looks like another row. A row that cannot be read is one line.

    Parameters
    ----------
    lines : sequence of str
        Lines with their ends.
    start : int
        Position of the first line of the row, whose quotes are out of place.
    layout : Layout
        Layout of the table.
    """
    if cells := _cells(lines[start], layout, unclosed=False):
        return cells, 1
    # A number such as "unknown", which no row of the sample has, speaks less than the quotes.
    if cells := _cells(
        lines[start], replace(layout, codes=frozenset(), keys=frozenset()), unclosed=False
    ):
        return cells, 1
    text = lines[start]
    for end in range(start + 1, min(start + _MOST_LINES, len(lines))):
        if layout.looks_like_row(lines[end]) or len(text) > _MOST_CHARS:
            break
        if not layout.keys and _is_row(lines[end], layout):
            break
        text += lines[end]
        if '"' in lines[end] and (cells := _cells(text, layout, unclosed=False)):
            return cells, end + 1 - start
    return _cells(lines[start], layout, unclosed=True), 1


def _is_row(line: str, layout: Layout) -> bool:
    try:
        cells = next(iter(parse([line], layout.separator, True, strict=True)), [])
    except csv.Error:
        return False
    return len(cells) == layout.width > 1


def _cells(text: str, layout: Layout, *, unclosed: bool) -> list[str] | None:
    if '\\"' in text or ESCAPED in text:
        try:
            rows = list(parse([protect(text)], layout.separator, True, strict=True))
        except csv.Error:
            rows = []
        if len(rows) == 1 and layout.fits(rows[0]):
            return unprotect(rows[0])
    cells = lenient_cells(text, layout, unclosed=unclosed)
    return None if cells is None else unprotect(cells)


def lenient_cells(text: str, layout: Layout, *, unclosed: bool) -> list[str] | None:
    r"""Return the cells of a row in which only a quote before a separator closes a cell.

    Other quotes are text. The first division into cells that fits the layout is returned.

    Parameters
    ----------
    text : str
        The row, without or with its line end.
    layout : Layout
        Layout of the table.
    unclosed : bool
        Whether a quote at the start of a cell may be text, if nothing closes it.

    Examples
    --------
    >>> layout = Layout(",", True, False, ("title", "year"), 1)
    >>> lenient_cells('"He said "no", twice",1990\n', layout, unclosed=False)
    ['He said "no", twice', '1990']
    >>> lenient_cells('"Never closed,1990\n', layout, unclosed=True)
    ['"Never closed', '1990']
    """
    text = text.rstrip("\r\n")
    separator, width = layout.separator, layout.width
    steps = 0
    # Depth first, without recursion: where the next cell starts, and the cells before it.
    stack: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    while stack and steps < _MOST_STEPS:
        steps += 1
        at, cells = stack.pop()
        if at > len(text):
            if len(cells) == width and layout.fits(cells):
                return list(cells)
            continue
        if len(cells) >= width:
            continue
        next_separator = text.find(separator, at)
        plain_end = len(text) if next_separator < 0 else next_separator
        plain = (plain_end + 1, (*cells, text[at:plain_end]))
        if not text.startswith('"', at):
            stack.append(plain)
            continue
        closings = _closings(text, at + 1, separator)
        # A title such as `"Fixed" Final` starts with a quote that is text.
        if unclosed or '"' in text[at + 1 : plain_end]:
            stack.append(plain)
        stack.extend(
            (end + 2, (*cells, text[at + 1 : end].replace('""', '"'))) for end in reversed(closings)
        )
    return None


def _closings(text: str, start: int, separator: str) -> list[int]:
    """Return the positions of quotes that are followed by a separator or the end."""
    found: list[int] = []
    at = text.find('"', start)
    while at >= 0 and len(found) < 20:
        if at + 1 == len(text) or text.startswith(separator, at + 1):
            found.append(at)
            at = text.find('"', at + 1)
        else:
            pair = text.startswith('"', at + 1)
            # Three quotes before a separator: a doubled one, then the closing one.
            at = text.find('"', at + (2 if pair and not _closes(text, at + 1, separator) else 1))
    return found


def _closes(text: str, at: int, separator: str) -> bool:
    return at + 1 == len(text) or text.startswith(separator, at + 1)
