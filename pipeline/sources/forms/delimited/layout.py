"""The layout of delimited text: what its first lines decide for all its rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pipeline.sources.forms.text.blocks import MAX_LINE_CHARS

__all__ = ["Layout", "allow_long_cells", "code_columns", "parse", "protect", "unprotect"]

# A number, date or id, such as 7.5, 1999-12-31, tt0111161 or $1,000: a digit, no space, short.
_CODE = re.compile(r"(?=[^\d]{0,6}\d)[\w.,:/+$€£%#-]{1,24}")
ESCAPED = "\uf8f2"  # a private character in place of an escaped quote
_ESCAPED_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)\\"')


@dataclass(frozen=True)
class Layout:
    """How lines become rows.

    Attributes
    ----------
    separator : str
        One character.
    quoted : bool
        Whether cells are quoted as in CSV. Otherwise a quote is text, except in a cell that can
        only be meant as quoted (doubled quotes, or a line end inside).
    escaped : bool
        Whether a backslash escapes a quote.
    columns : tuple of str
        Unique names.
    skipped : int
        Lines before the first data row, the header included.
    codes : frozenset of int
        Columns of numbers or ids in all rows of the sample: a line with other text there is no row.
    keys : frozenset of int
        Those of `codes` that no row of the sample lacks.
    notes : tuple of str
        What a user should know.
    """

    separator: str
    quoted: bool
    escaped: bool
    columns: tuple[str, ...]
    skipped: int
    codes: frozenset[int] = frozenset()
    keys: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Number of cells of a row."""
        return len(self.columns)

    def fits(self, cells: Sequence[str], *, part: bool = False) -> bool:
        """Return whether cells can be a row: the width, and numbers where rows have numbers.

        Parameters
        ----------
        cells : sequence of str
            The cells of a line.
        part : bool
            Whether the last cells may be missing.
        """
        width = len(cells)
        if width < self.width and not part:
            return False
        if width > self.width and any(cells[self.width :]):
            return False
        return all(
            not cells[i] or _CODE.fullmatch(cells[i].strip()) for i in self.codes if i < width
        )

    def looks_like_row(self, line: str) -> bool:
        """Return whether a line on its own is plainly a row: it has numbers where rows have them.

        False if no column has numbers in all rows: then nothing is plain.
        """
        if not self.keys or line.count(self.separator) < self.width - 1:
            return False
        cells = next(iter(parse([line], self.separator, self.quoted)), [])
        return self.fits(cells) and all(cells[i] for i in self.keys)


def allow_long_cells() -> None:
    """Let `csv` read cells as long as a line may be; its own limit is 131,072 characters.

    The limit is one of the process, so whatever starts to parse has to set it.
    """
    if csv.field_size_limit() < MAX_LINE_CHARS:
        csv.field_size_limit(MAX_LINE_CHARS)


def parse(
    lines: Iterable[str], separator: str, quoted: bool, *, strict: bool = False
) -> Iterable[list[str]]:
    """Return a reader of rows; `strict` raises `csv.Error` where a quote is out of place."""
    allow_long_cells()
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=separator, quoting=quoting, strict=strict)


def protect(line: str) -> str:
    r"""Return a line in which each escaped quote is a character that is in no text.

    Examples
    --------
    >>> protect(r'1,"a \"b\" c",2') == f'1,"a {ESCAPED}b{ESCAPED} c",2'
    True
    """
    if '\\"' not in line:
        return line
    if "\\\\" not in line:
        return line.replace('\\"', ESCAPED)
    return _ESCAPED_QUOTE.sub(rf"\1{ESCAPED}", line)


def unprotect(cells: Sequence[str]) -> list[str]:
    """Return cells with the quotes that `protect` has replaced."""
    return [cell.replace(ESCAPED, '"') for cell in cells]


def code_columns(
    rows: Iterable[Sequence[str]], width: int
) -> tuple[frozenset[int], frozenset[int]]:
    """Return the columns whose cells are all numbers or ids, in two rows at least.

    Returns
    -------
    codes : frozenset of int
        These columns.
    keys : frozenset of int
        Those of them that no row lacks.
    """
    filled = [[cell.strip() for cell in row] for row in islice(rows, 300) if len(row) == width]
    codes, keys = set(), set()
    for i in range(width):
        cells = [row[i] for row in filled if row[i]]
        if len(cells) >= 2 and all(map(_CODE.fullmatch, cells)):
            codes.add(i)
            if len(cells) == len(filled):
                keys.add(i)
    return frozenset(codes), frozenset(keys)
