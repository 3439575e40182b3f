"""A table that breaks no word: columns as wide as their words, or one block of lines for each row.

Rich folds a word that is longer than its column. Here each column is at least as wide as its
longest word, and the rest of the line goes to the columns with most text. If the words do not fit
side by side, such as on a narrow terminal, each row becomes a block: its cells below each other,
each after the head of its column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

__all__ = ["FittedTable"]

_GAP = 2  # columns of the terminal between two columns of the table
_SHORT = 28  # cells up to this length are not wrapped if there is space
_LONGEST = 48  # a longer word, such as an address, may be broken
_WIDE = 20  # least width of a text without spaces in wide characters, such as Japanese
_INDENT = 2
_NARROW, _LINES = 20, 8  # a text of more lines in a narrower column is hard to read


@dataclass(frozen=True)
class _Column:
    head: str
    justify: str
    style: str
    no_wrap: bool


class FittedTable:
    """A table for the terminal; see the module.

    Parameters
    ----------
    lines : bool
        Whether there is an empty line between two rows.

    Examples
    --------
    >>> table = FittedTable()
    >>> table.add_column("Name")
    >>> table.add_column("Films", justify="right")
    >>> table.add_row("Ghosts", "7")
    >>> Console(width=14).print(table)
    Ghosts
      Films: 7
    """

    def __init__(self, *, lines: bool = False) -> None:
        self._lines = lines
        self._columns: list[_Column] = []
        self._rows: list[list[Text]] = []

    def add_column(
        self, head: str, *, justify: str = "left", style: str = "", no_wrap: bool = False
    ) -> None:
        """Add a column; one with `no_wrap` is as wide as its longest cell."""
        self._columns.append(_Column(head, justify, style, no_wrap))

    def add_row(self, *cells: str | Text) -> None:
        """Add a row; cells that are missing at its end are empty."""
        row = [Text(cell) if isinstance(cell, str) else cell for cell in cells]
        self._rows.append(row + [Text()] * (len(self._columns) - len(row)))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return that the table may have any width."""
        return Measurement(1, options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a table of Rich, or blocks of lines."""
        widths = self._widths(options.max_width)
        if widths is None:
            yield from self._blocks()
            return
        table = Table(
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1, 0, 0),
            leading=1 if self._lines else 0,
        )
        for column, width in zip(self._columns, widths, strict=True):
            table.add_column(
                Text(column.head),
                justify=column.justify,  # type: ignore[arg-type]
                style=column.style,
                width=width,
                overflow="fold",
            )
        for row in self._rows:
            table.add_row(*row)
        yield table

    def _widths(self, available: int) -> list[int] | None:
        """Return the width of each column; None if the words do not fit side by side."""
        cells = [
            [Text(column.head), *(row[number] for row in self._rows)]
            for number, column in enumerate(self._columns)
        ]
        whole = [max(map(_longest_line, column)) for column in cells]
        words = [
            whole[number] if self._columns[number].no_wrap else max(map(_longest_word, column))
            for number, column in enumerate(cells)
        ]
        free = available - _GAP * (len(words) - 1) - 2
        for short, long in ((_SHORT, _NARROW), (_NARROW, _NARROW), (0, 0)):
            least = [
                most if most <= short else max(word, min(most, long))
                for most, word in zip(whole, words, strict=True)
            ]
            if sum(least) <= free:
                break
        else:
            return None
        left = free - sum(least)
        widths = list(least)
        text = [sum(map(_length, column)) for column in cells]
        while left and any(width < most for width, most in zip(widths, whole, strict=True)):
            # the column whose text now takes most lines
            number = max(
                (n for n in range(len(widths)) if widths[n] < whole[n]),
                key=lambda n: text[n] / widths[n],
            )
            widths[number] += 1
            left -= 1
        narrow = any(
            width < _NARROW and most > _LINES * width
            for width, most in zip(widths, whole, strict=True)
        )
        return None if narrow else widths

    def _blocks(self) -> Iterator[Text | Padding]:
        """Yield each row as its first cell, with the other cells below it."""
        for number, row in enumerate(self._rows):
            if number:
                yield Text()
            shown = [(c, cell) for c, cell in zip(self._columns, row, strict=True) if cell.plain]
            for place, (column, cell) in enumerate(shown):
                named = place or column.justify != "left"  # a name needs no head
                head = f"{column.head}: " if column.head and named else ""
                line = Text.assemble((head, "dim"), cell, overflow="fold")
                yield Padding(line, (0, 0, 0, _INDENT if place else 0))


def _length(cell: Text) -> int:
    return max(1, cell_len(cell.plain))


def _longest_line(cell: Text) -> int:
    return max((cell_len(line) for line in cell.plain.splitlines()), default=1) or 1


def _longest_word(cell: Text) -> int:
    return max((_least_width(word) for word in cell.plain.split()), default=1)


def _least_width(word: str) -> int:
    width = cell_len(word)
    if width > len(word):  # between two wide characters a line may end anywhere
        return min(width, _WIDE)
    return min(width, _LONGEST)
