"""Rows of delimited text in batches of lines; a broken line costs no other."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pipeline.sources.forms.delimited.layout import ESCAPED, Layout, parse, protect, unprotect
from pipeline.sources.forms.delimited.repair import repair

__all__ = ["Batch", "read_batches"]

_MOST_LINES = 500  # of a row that goes on after a batch of lines
_MOST_CHARS = 2**22
_DOUBLED = re.compile(r'"(?:[^"]|"")*""(?:[^"]|"")*"')


@dataclass
class Batch:
    """Rows of consecutive lines.

    Attributes
    ----------
    rows : list of sequence of str or None
        Rows of the width of the layout, with None for missing cells; a malformed one is empty.
    malformed : dict of int to str
        Position of each malformed row -> why.
    repaired : dict of int to str
        Position of each row whose quotes were out of place -> what was wrong.
    """

    rows: list[Sequence[str | None]] = field(default_factory=list)
    malformed: dict[int, str] = field(default_factory=dict)
    repaired: dict[int, str] = field(default_factory=dict)


def read_batches(lines: Iterator[str], layout: Layout, size: int) -> Iterator[Batch]:
    """Yield the rows of lines in batches of at most `size` lines.

    Parameters
    ----------
    lines : iterator of str
        Lines with their ends, from the first data row.
    layout : Layout
        Layout of the table.
    size : int
        Most rows of a batch.
    """
    rest: list[str] = []
    number = layout.skipped + 1  # of the first line of `batch`
    while True:
        fresh = list(islice(lines, max(size - len(rest), 1)))
        if not fresh and not rest:
            return
        batch = rest + (list(map(protect, fresh)) if layout.escaped else fresh)
        rows = _plain_rows(batch, layout)
        if rows is not None:
            if layout.escaped and any(ESCAPED in line for line in batch):
                rows = [unprotect(cells) for cells in rows]
            yield Batch(list(rows))
            rest, used = [], len(batch)
        else:
            careful = _Careful(batch, layout, number, ended=not fresh)
            used = careful.read()
            rest = batch[used:]
            yield from _parts(careful.batch, size)
        number += used


def _parts(batch: Batch, size: int) -> Iterator[Batch]:
    """Yield a batch if it has rows: a row that goes on may make it longer than `size`."""
    if 0 < len(batch.rows) <= size:
        yield batch
    elif batch.rows:
        for start in range(0, len(batch.rows), size):
            inside = range(start, start + size)
            yield Batch(
                batch.rows[start : start + size],
                {i - start: why for i, why in batch.malformed.items() if i in inside},
                {i - start: why for i, why in batch.repaired.items() if i in inside},
            )


def _plain_rows(lines: list[str], layout: Layout) -> list[list[str]] | None:
    """Return the rows if each line is one, without anything to decide; None otherwise."""
    try:
        rows = list(parse(lines, layout.separator, layout.quoted, strict=True))
    except csv.Error:
        return None
    if len(rows) != len(lines) or set(map(len, rows)) != {layout.width}:
        return None
    if not layout.quoted and any('""' in line for line in lines):
        return None
    if not layout.quoted and any(_opens(cells[-1]) for cells in rows):
        return None
    return rows


def _opens(cell: str) -> bool:
    """Return whether a quote opens a cell that has no end in this line."""
    return cell.startswith('"') and (len(cell) == 1 or not cell.endswith('"'))


class _Careful:
    """Read lines row by row, and decide where a row ends.

    Parameters
    ----------
    lines : list of str
        Lines with their ends.
    layout : Layout
        Layout of the table.
    number : int
        Number of the first line in the file.
    ended : bool
        Whether no lines follow.
    """

    def __init__(self, lines: list[str], layout: Layout, number: int, *, ended: bool) -> None:
        self._lines, self._layout, self._number, self._ended = lines, layout, number, ended
        self._short: list[str] = []  # a row that may go on in the next line
        self.batch = Batch()

    def read(self) -> int:
        """Read the lines; return how many are used. The others are the start of a row."""
        at = 0
        read = self._read_quoted if self._layout.quoted else self._read_text
        while at < len(self._lines):
            after, unfinished = read(at)
            if unfinished:
                at = after
                break
            at = after
        self._end_short(at)
        return at

    def _read_quoted(self, at: int) -> tuple[int, bool]:
        """Read rows up to the first with a quote out of place; return the next line."""
        lines, layout = self._lines, self._layout
        reader = csv.reader(islice(lines, at, None), delimiter=layout.separator, strict=True)
        start = at
        try:
            for cells in reader:
                end = at + reader.line_num
                if end - start > 1 and self._swallows(start, end):
                    break
                self._add(unprotect(cells) if layout.escaped else cells, start)
                start = end
            else:
                return len(lines), False
        except csv.Error:
            if at + reader.line_num >= len(lines) and self._may_go_on(start):
                return start, True
        cells_or_none, count = repair(lines, start, layout)
        self._end_short(start)
        if cells_or_none is None:
            self._malformed(
                f"line {self._number + start}: a quote is not closed, or closed too early"
            )
        else:
            self._add(cells_or_none, start, repaired=True)
        return start + count, False

    def _swallows(self, start: int, end: int) -> bool:
        """Return whether a row of several lines has lines that are plainly further rows."""
        # The last line ends the row, so it says nothing: its first cell is the rest of a text.
        return any(map(self._layout.looks_like_row, self._lines[start + 1 : end - 1]))

    def _may_go_on(self, start: int) -> bool:
        """Return whether the row at `start` may end after these lines."""
        inside = self._lines[start + 1 :]
        if self._ended or len(inside) > _MOST_LINES or sum(map(len, inside)) > _MOST_CHARS:
            return False
        return not any(map(self._layout.looks_like_row, inside))

    def _read_text(self, at: int) -> tuple[int, bool]:
        """Read one line in which a quote is text, unless it can only be meant as quoted."""
        layout, line = self._layout, self._lines[at]
        cells = line.rstrip("\r\n").split(layout.separator) if line.strip("\r\n") else []
        if '"' in line:
            if len(cells) > layout.width:
                return self._read_wide(at, cells), False
            if _opens(cells[-1]):
                joined, count, unfinished = self._quoted_lines(at)
                if joined is not None or unfinished:
                    if joined is not None:
                        self._add(joined, at)
                    return at + count, unfinished
            cells = [
                cell[1:-1].replace('""', '"') if _DOUBLED.fullmatch(cell) else cell
                for cell in cells
            ]
        self._add(cells, at)
        return at + 1, False

    def _read_wide(self, at: int, cells: list[str]) -> int:
        """Read a line with too many cells; one may be quoted and contain separators."""
        try:
            rows = list(parse([self._lines[at]], self._layout.separator, True, strict=True))
        except csv.Error:
            rows = []
        self._add(rows[0] if len(rows) == 1 and self._layout.fits(rows[0]) else cells, at)
        return at + 1

    def _quoted_lines(self, at: int) -> tuple[list[str] | None, int, bool]:
        """Return the row of several lines that starts here, its lines, and whether it goes on."""
        lines, layout = self._lines, self._layout
        for end in range(at + 1, min(at + _MOST_LINES, len(lines))):
            if layout.looks_like_row(lines[end]):
                return None, 1, False
            if '"' not in lines[end]:
                continue
            try:
                rows = list(parse(lines[at : end + 1], layout.separator, True, strict=True))
            except csv.Error:
                continue
            if len(rows) == 1 and layout.fits(rows[0]):
                return rows[0], end + 1 - at, False
        if self._may_go_on(at):
            return None, 0, True
        return None, 1, False

    def _add(self, cells: list[str], line: int, *, repaired: bool = False) -> None:
        layout = self._layout
        if not cells or (len(cells) == 1 and not cells[0].strip() and layout.width > 1):
            return
        if len(cells) == layout.width and not self._short:
            self._append(cells, line, repaired)
            return
        if self._short and not self._joins(cells):
            self._end_short(line)
        if self._short:
            cells = [*self._short[:-1], f"{self._short[-1]}\n{cells[0]}", *cells[1:]]
            self._short, repaired = [], True
        if len(cells) < layout.width:
            self._short = cells
        elif layout.fits(cells):
            self._append(cells[: layout.width], line, repaired)
        elif len(cells) == layout.width:
            self._append(cells, line, repaired)
        else:
            self._malformed(self._wrong_width(cells, line + 1))

    def _joins(self, cells: Sequence[str]) -> bool:
        """Return whether cells are the rest of a short row: a cell has an unquoted line end."""
        layout = self._layout
        both = [*self._short, *cells[1:]]
        if len(cells) >= layout.width or len(both) > layout.width or not layout.codes:
            return False
        starts = any(i < len(cells) and cells[i] for i in layout.codes)
        if starts and layout.fits(cells, part=True):
            return False
        return layout.fits(both, part=True)

    def _end_short(self, line: int) -> None:
        """Add a row that lacks its last cells, if it looks like one."""
        cells, self._short = self._short, []
        if not cells:
            return
        layout = self._layout
        if len(cells) > 1 and layout.fits(cells, part=True):
            missing = layout.width - len(cells)
            self._append([*cells, *[None] * missing], line, False)
        else:
            self._malformed(self._wrong_width(cells, line))

    def _append(self, cells: Sequence[str | None], line: int, repaired: bool) -> None:
        if repaired:
            self.batch.repaired[len(self.batch.rows)] = (
                f"line {self._number + line}: a quote or line end is out of place"
            )
        self.batch.rows.append(cells)

    def _wrong_width(self, cells: Sequence[str], line: int) -> str:
        last = self._number + line - 1
        return f"{len(cells)} cells where the header has {self._layout.width}, up to line {last}"

    def _malformed(self, why: str) -> None:
        self.batch.malformed[len(self.batch.rows)] = why
        self.batch.rows.append([])
