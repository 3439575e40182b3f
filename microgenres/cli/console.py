"""The terminal: the two consoles, and literal text."""

from __future__ import annotations

import sys
import unicodedata

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

__all__ = ["print_line", "standard_error", "standard_output", "text"]


def text(value: object, style: str = "") -> Text:
    """Return `value` as literal text: no markup, and no control characters of a terminal."""
    shown = "".join(_visible(character) for character in str(value))
    return Text(shown, style=style, overflow="fold")


def print_line(console: Console, label: str, value: object = "") -> None:
    """Print a line; on a terminal it is wrapped between words, below the end of its label.

    A longer word, such as a path, is not broken: the terminal shows it, and copies it, as one.
    """
    line = text(value).plain
    width = max(20, console.width - cell_len(label))
    for part in _wrapped(line, width) if console.is_terminal else [line]:
        console.print(text(label) + text(part), soft_wrap=True)
        label = " " * cell_len(label)


def _wrapped(line: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` columns, except for longer words."""
    lines = [""]
    for word in line.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cell_len(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _visible(character: str) -> str:
    if character in "\n\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) == "Cc" else character


def standard_output() -> Console:
    """Return the console for results; it colours no numbers or paths."""
    return Console(file=sys.stdout, highlight=False)


def standard_error() -> Console:
    """Return the console for everything but results."""
    return Console(file=sys.stderr, highlight=False)
