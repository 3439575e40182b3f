"""Unusual quotes and separators of a text, written line by line as the usual ones."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.sources.forms.delimited.layout import parse, protect

__all__ = ["PLAIN", "Rewriting", "find_rewriting"]

UNIT = "\x1f"  # "unit separator", in place of a separator of several characters
_SEPARATORS = ",;\t|"
_RARE = ("\x01", "^", "~", "\x1f", "\xa6", "\xa7")  # separators where a header has no other
_TOKENS = ("~|~", "|~|", "^|^", "|^|", "<|>", "||", "::", "~~", "^^", "@@", "##", "$$", ";;")
_SAMPLE = 300
# A cell in single quotes that has a separator, so that the quotes are no text.
_NEEDED = re.compile(r"(?:^|[,;\t|])'[^']*[,;\t|][^']*'(?:[,;\t|]|\s*$)")
_SWAP = str.maketrans("'\"", "\"'")
_LINE = re.compile(r'"((?:[^"]|"")*)"[,;\t]*')
_OPENS = re.compile(r"(?:^|(?<=[,;\t|]))[“”„«]")
_CLOSERS = {"“": "”", "”": "”", "„": "“”", "«": "»"}
_MARKS = re.compile("[“”„«»]")
_AFTER = re.compile(r"[,;\t|]|[\r\n]*$")  # a closing quote


@dataclass(frozen=True)
class Rewriting:
    """How the lines of a text are rewritten before they are parsed.

    Attributes
    ----------
    kind : str
        "" for nothing; "rows" where each line as a whole is quoted; "single" and "curly" for other
        quotes around cells; "separator" for another separator.
    separator : str
        The separator of the text, if it is an unusual one.
    """

    kind: str = ""
    separator: str = ""

    @property
    def written(self) -> str:
        """The one character that separates cells after rewriting; empty if it is to be found."""
        return UNIT if len(self.separator) > 1 else self.separator

    def lines(self, lines: Iterable[str]) -> Iterator[str]:
        """Return the lines as they are parsed."""
        if self.kind == "rows":
            return map(_unquoted, lines)
        if self.kind == "single":
            return (line.translate(_SWAP) for line in lines)
        if self.kind == "curly":
            return map(_straight, lines)
        if len(self.separator) > 1:
            return (line.replace(self.separator, UNIT) for line in lines)
        return iter(lines)

    def restored(self, cells: list[object]) -> list[object]:
        """Return cells with the quotes that the text has."""
        if self.kind != "single":
            return cells
        return [cell.translate(_SWAP) if isinstance(cell, str) else cell for cell in cells]


PLAIN = Rewriting()


def find_rewriting(lines: Sequence[str]) -> Rewriting:
    """Return how a text is rewritten, from its first lines; `PLAIN` unless all lines agree.

    Examples
    --------
    >>> find_rewriting(["'a','b'", "'it''s, so','1'", "'x','2'"])
    Rewriting(kind='single', separator='')
    >>> find_rewriting(["a~|~b", "x~|~1", "y~|~2"])
    Rewriting(kind='separator', separator='~|~')
    >>> find_rewriting(["a,b", "it's,1"]) is PLAIN
    True
    """
    sample = [line for line in lines[:_SAMPLE] if line.strip()]
    if len(sample) < 2:
        return PLAIN
    if separator := _separator(sample):
        return Rewriting("separator", separator)
    body = sample[1:]
    if all(line.startswith('"') for line in body) and _are_quoted_rows(sample):
        return Rewriting("rows")
    quotes = any(_cell_starts(line, '"') for line in sample)
    needed = _cell_starts(sample[0], "'") or any(map(_NEEDED.search, body))
    if not quotes and needed and _most("'" in line for line in body) and _are_quoted(sample):
        return Rewriting("single")
    if not quotes and all(map(_OPENS.search, body)) and all(_straight(b) != b for b in body):
        return Rewriting("curly")
    return PLAIN


def _separator(sample: Sequence[str]) -> str:
    """Return a separator that all lines have equally often, and the header no usual one."""
    header = sample[0]
    for token in _TOKENS:
        count = header.count(token)
        if not count or not all(map(str.strip, header.strip("\r\n").split(token))):
            continue
        others = any(mark in header.replace(token, "") for mark in _SEPARATORS)
        if not others and all(line.count(token) == count for line in sample):
            return token
    if any(mark in header for mark in _SEPARATORS):
        return ""
    for mark in _RARE:
        count = header.count(mark)
        if count and len(sample) + count > 3 and all(line.count(mark) == count for line in sample):
            return mark
    return ""


def _cell_starts(line: str, quote: str) -> bool:
    return line.startswith(quote) or any(mark + quote in line for mark in _SEPARATORS)


def _are_quoted_rows(sample: Sequence[str]) -> bool:
    """Return whether each line is one quoted cell with equally many cells in it."""
    inner = []
    for number, line in enumerate(sample):
        match = _LINE.fullmatch(line.strip("\r\n"))
        if match is None and number:
            return False
        inner.append(match[1].replace('""', '"') if match else line)
    return any(_agree(inner, mark) for mark in _SEPARATORS)


def _are_quoted(sample: Sequence[str]) -> bool:
    """Return whether cells have single quotes, in a table of equally long rows."""
    lines = [protect(line.translate(_SWAP)) for line in sample]
    # Line ends in cells make lines that no quote starts.
    return any(
        _most(line.startswith('"') or mark + '"' in line for line in lines[1:])
        and _agree(lines, mark)
        for mark in _SEPARATORS
    )


def _most(found: Iterable[bool]) -> bool:
    lines = list(found)
    return 2 * sum(lines) > len(lines)


def _agree(lines: Sequence[str], separator: str) -> bool:
    """Return whether lines are rows with the same number of cells, two at least."""
    try:
        widths = {len(cells) for cells in parse(lines, separator, True, strict=True) if cells}
    except csv.Error:
        return False
    return len(widths) == 1 and widths.pop() > 1


def _unquoted(line: str) -> str:
    """Return what a quoted line quotes.

    Examples
    --------
    >>> _unquoted('"Salt,""A, b"",1990"')
    'Salt,"A, b",1990'
    """
    bare = line.rstrip("\r\n")
    match = _LINE.fullmatch(bare)
    return match[1].replace('""', '"') + line[len(bare) :] if match else line


def _straight(line: str) -> str:
    r"""Return a line with straight quotes around its cells.

    Examples
    --------
    >>> _straight("“Salt”,“a “b” c, d”\n")
    '"Salt","a “b” c, d"\n'
    """
    parts = []
    done = at = 0
    while match := _OPENS.search(line, at):
        at = match.end()
        end = _closing(line, at, match[0])
        if end >= 0:
            inner = line[at:end].replace('"', '""')
            parts += [line[done : match.start()], f'"{inner}"']
            done = at = end + 1
    return "".join([*parts, line[done:]])


def _closing(line: str, at: int, opening: str) -> int:
    """Return where a cell with curly quotes ends, -1 if it does not; quotes in it are in pairs."""
    closing = _CLOSERS[opening]
    depth = 0
    for match in _MARKS.finditer(line, at):
        if match[0] not in closing:
            depth += match[0] == opening
        elif depth:
            depth -= 1
        elif _AFTER.match(line, match.end()):
            return match.start()
    return -1
