"""Find the layout of delimited text in its first lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from pipeline.sources.forms.delimited.layout import (
    Layout,
    allow_long_cells,
    code_columns,
    parse,
    protect,
)

__all__ = ["SEPARATORS", "TooManyColumns", "find_layout", "header_position", "unique_names"]

SEPARATORS = (",", ";", "\t", "|")
_SEP_LINE = re.compile(r'^"?sep=(.)"?[\r\n]*$', re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[\d.,]*\d%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SAMPLE_ROWS = 300
_FEWEST_EQUAL = 0.5  # share of the lines with equally many cells
_LONGEST_NAME = 200  # characters of a column; a longer one is a sentence
_LONGEST_GROUPED = 40  # characters of a name below merged cells
_HEADER_WITHIN = 60  # rows among which the header is looked for
_MOST_COLUMNS = 20_000  # a sheet has 16,384; more are due to another separator, or an attack

_Row = tuple[int, list[str]]  # number of lines up to its end, cells


class TooManyColumns(ValueError):
    """The rows of a text have more cells than a table of films can have."""


def find_layout(
    lines: Sequence[str], *, mapped: Sequence[str] = (), separator: str = ""
) -> Layout | None:
    """Return the layout of a text from its first lines, or None if nothing separates cells.

    The separator is the one that cuts the most lines into equally many cells.

    Parameters
    ----------
    lines : sequence of str
        The first lines, with their ends.
    mapped : sequence of str
        Columns that the user names. If all are numbers, and no header has them, the table has no
        header and its columns are called "1", "2", ...
    separator : str
        The separator, if it is known.

    Raises
    ------
    TooManyColumns
        If rows have more than 20,000 cells.
    """
    allow_long_cells()
    first = 0
    separators: Sequence[str] = (separator,) if separator else SEPARATORS
    if lines and (named := _SEP_LINE.match(lines[0])):
        first, separators = 1, (named[1],)
    samples = [lines]
    if any('\\"' in line for line in lines):
        samples.append([protect(line) for line in lines])
    best: tuple[float, int, str, bool] | None = None
    for escaped, sample in enumerate(samples):
        for mark in separators:
            share, width = max(
                _modal(_whole_rows(sample, first, mark, True)),
                _modal(_single_rows(sample, first, mark)),
            )
            if width and (best is None or (share, width) > best[:2]):
                best = (share, width, mark, bool(escaped))
    if best is None:
        return None
    share, width, separator, escaped = best
    if width > _MOST_COLUMNS:
        raise TooManyColumns(f"its rows have {width} cells, more than {_MOST_COLUMNS}")
    sample = samples[escaped]
    quoted = separator in ",;" or _quotes_cells(sample[first:], separator, width)
    rows = _whole_rows(sample, first, separator, quoted)
    if not any(len(cells) == width for _, cells in rows[1:]):  # one cell swallows all of them
        rows = _single_rows(sample, first, separator)
    singles = [cells for _, cells in _single_rows(sample, first, separator)]
    headless = bool(mapped) and all(name.isdigit() for name in mapped)
    if headless and not any(set(mapped) <= set(map(str.strip, cells)) for cells in singles[:1]):
        columns = tuple(str(i + 1) for i in range(width))
        codes, keys = code_columns(singles, width)
        notes: tuple[str, ...] = ("has no header",)
        return Layout(separator, quoted, escaped, columns, first, codes, keys, notes)
    at = header_position([cells for _, cells in rows], width)
    end, header = rows[at]
    if not first and not _is_table(share, header, singles):
        return None
    columns, notes = _columns(header, [cells for _, cells in rows[at + 1 :]], width)
    if at:
        before = rows[at - 1][0] - first
        notes = (f"lines before the header, skipped: {before}", *notes)
    codes, keys = code_columns(singles[at + 1 :], len(columns))
    return Layout(separator, quoted, escaped, columns, end, codes, keys, notes)


def _whole_rows(lines: Sequence[str], first: int, separator: str, quoted: bool) -> list[_Row]:
    """Return the rows of the sample that are not blank; a quoted cell may have line ends."""
    reader = csv.reader(
        lines[first:], delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    )
    rows = []
    for cells in reader:
        if any(cells):
            rows.append((first + reader.line_num, cells))
        if len(rows) >= _SAMPLE_ROWS:
            break
    return rows


def _single_rows(lines: Sequence[str], first: int, separator: str) -> list[_Row]:
    """Return each line of the sample on its own, so that no quote costs another line."""
    rows: list[_Row] = []
    for number, line in enumerate(lines[first : first + _SAMPLE_ROWS], start=first + 1):
        cells = next(iter(parse([line], separator, separator in ",;|")), [])
        if any(cells):
            rows.append((number, cells))
    return rows


def _modal(rows: Sequence[_Row]) -> tuple[float, int]:
    """Return the share of the rows with the most frequent width above 1, and this width."""
    widths = Counter(len(cells) for _, cells in rows if len(cells) > 1)
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return count / len(rows), width


def _quotes_cells(lines: Sequence[str], separator: str, width: int) -> bool:
    """Return whether cells are quoted as in CSV, in a text whose quotes may be text.

    They are if a column is quoted in all rows, or if all cells with a quote (or a comma) are.
    """
    rows = [line.rstrip("\r\n").split(separator) for line in lines[:_SAMPLE_ROWS]]
    rows = [cells for cells in rows if len(cells) == width]
    for column in zip(*rows, strict=True):
        filled = [cell for cell in column if cell]
        if len(filled) >= 2 and all(map(_QUOTED.fullmatch, filled)):
            return True
    special = [cell for cells in rows for cell in cells if "," in cell or '"' in cell]
    needed = sum("," in cell or '""' in cell for cell in special)
    if needed >= 2 and all(map(_QUOTED.fullmatch, special)):
        return True
    quotes = [cell for cell in special if '"' in cell]
    doubled = sum('""' in cell.strip('"') for cell in quotes)
    return doubled >= 2 and all(map(_QUOTED.fullmatch, quotes))


def header_position(rows: Sequence[Sequence[str]], width: int, *, ragged: bool = True) -> int:
    """Return the position of the header: the first row that names most of the columns.

    A row with numbers is none, unless it fills all columns or there is no other.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows.
    width : int
        Number of columns.
    ragged : bool
        Whether rows before the header have fewer cells.
    """
    fewest = max(2, round(0.6 * width))
    stripped = [[cell.strip() for cell in cells] for cells in rows[:_HEADER_WITHIN]]
    candidates = [
        i
        for i, cells in enumerate(stripped)
        if (not ragged or len(cells) >= width - 1) and sum(map(bool, cells)) >= fewest
    ]
    for i in candidates:
        cells = stripped[i]
        if sum(map(bool, cells)) < width and _names_below(stripped[i + 1 :], width):
            continue
        if ragged and len(cells) < width and _names_follow(stripped[i + 1 :], width):
            continue
        if sum(map(bool, cells)) >= width or not _has_number(cells):
            return i
    return candidates[0] if candidates else 0


def _names_follow(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Return whether the next full row has names, and rows with numbers come after it."""
    full = [cells for cells in rows if len(cells) >= width]
    return bool(full) and not _has_number(full[0]) and any(map(_has_number, full[1:]))


def _names_below(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Return whether the next row names all columns, below merged cells that name groups of them.

    Names are short, and there are numbers or long texts below some of them only.
    """
    full = [cells for cells in rows if len(cells) >= width and all(cells[:width])]
    if len(full) < 3 or full[0] is not rows[0] or _has_number(full[0]):
        return False
    names, below = full[0][:width], full[1:]
    if max(map(len, names)) > _LONGEST_GROUPED or len(set(names)) < width:
        return False
    columns = list(zip(*(cells[:width] for cells in below), strict=True))
    return any(
        all(map(_NUMBER.fullmatch, column)) or min(map(len, column)) > _LONGEST_GROUPED
        for column in columns
    )


def _has_number(cells: Sequence[str]) -> bool:
    return any(map(_NUMBER.fullmatch, cells))


def _is_table(share: float, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether lines are rows rather than sentences with commas."""
    if max(map(len, header)) > _LONGEST_NAME:
        return False
    inside = sum(1 < len(cells) <= len(header) for cells in rows)
    return share > _FEWEST_EQUAL or (len(header) > 2 and inside >= 0.8 * len(rows))


def _columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], width: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the columns, and notes."""
    names = [cell.strip() for cell in header]
    longer = [cells for cells in rows if len(cells) == len(names) + 1]
    if len(names) == width - 1 and longer and any(cells[-1].strip() for cells in longer):
        names = ["", *names]  # R writes row names without a name in the header
    while len(names) > 2 and not names[-1]:  # commas at the ends of all lines
        last = len(names) - 1
        if any(len(cells) > last and cells[last].strip() for cells in rows):
            break
        names.pop()
    named = [name if name or not i else f"Unnamed: {i}" for i, name in enumerate(names)]
    columns = unique_names(named)
    twice = sorted(name for name, count in Counter(named).items() if count > 1)
    notes = tuple(f"column {name!r} is there more than once" for name in twice)
    return columns, notes


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names; a repeated one gets a number, as "title.2".

    Examples
    --------
    >>> unique_names(["id", "title", "title"])
    ('id', 'title', 'title.2')
    """
    seen: dict[str, int] = {}  # name -> last number that is tried for it
    for base in names:
        name, number = base, seen.get(base, 0)
        while name in seen:
            number += 1
            name = f"{base}.{number}"
        seen[base] = max(number, 1)
        seen.setdefault(name, 1)
    return tuple(seen)
