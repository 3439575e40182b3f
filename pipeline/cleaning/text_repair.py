"""Repair texts: prose, titles, and other cells; count words; cut what is too long."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.cleaning.characters import decode_entities, repair_characters
from pipeline.cleaning.endings import strip_endings
from pipeline.cleaning.markup import (
    decode_escapes,
    strip_line_marks,
    strip_markup,
    strip_title_marks,
)

__all__ = [
    "CHARS_PER_WORD",
    "UNSPACED",
    "count_words",
    "cut_text",
    "repair_text",
    "repair_text_once",
    "repair_title",
    "repair_title_once",
]

# Scripts written without spaces between words: Thai, kana, Han.
UNSPACED = "[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
CHARS_PER_WORD = 2  # of those scripts, roughly
_MOST_ROUNDS = 20  # each removes one level of nested markup; real text has at most three
_SENTENCE_END = re.compile(
    r"[.!?\u2026][\"')\]\u00bb]*(?=\s)|[\u3002\uff01\uff1f][\u300d\u300f\u201d]*"
)
_KEPT_SHARE = 0.75  # of the limit, if a sentence ends after it


def repair_text(text: str) -> str:
    r"""Return prose on one line, with only its words; repairing it again changes nothing.

    Beside the repairs of `characters.repair_characters`, the function decodes literal escapes and
    removes Markdown, wiki text, BBCode, footnote marks, addresses, and the links and credits that
    websites add at the end.

    Examples
    --------
    >>> repair_text("Bondâ€™s  <b>past</b> &amp; **future**.[1] Written by Anonymous")
    "Bond's past & future."
    >>> repair_text(r"A caf\u00e9\nin Rome... See full summary \u00bb")
    'A café in Rome...'
    """
    return _repeat(repair_text_once, text)


def repair_title(text: str) -> str:
    """Return a title, name or other short text on one line; repairing it again changes nothing.

    Only what cannot belong to a title is removed: HTML, links, and footnote marks at the end.

    Examples
    --------
    >>> repair_title("Tom &amp; Jerry[1]"), repair_title("[REC]"), repair_title("M*A*S*H")
    ('Tom & Jerry', '[REC]', 'M*A*S*H')
    """
    return _repeat(repair_title_once, text)


def _repeat(repair: Callable[[str], str], text: str) -> str:
    for _ in range(_MOST_ROUNDS):
        repaired = repair(text)
        if repaired == text:
            break
        text = repaired
    return text


def repair_text_once(text: str) -> str:
    """Return the text of `repair_text` with one level of nested damage repaired."""
    text = strip_line_marks(decode_escapes(decode_entities(text)))
    return strip_endings(strip_markup(repair_characters(text)))


def repair_title_once(text: str) -> str:
    """Return the title of `repair_title` with one level of nested damage repaired."""
    return strip_title_marks(repair_characters(decode_escapes(text, breaks=False)))


def cut_text(text: str, limit: int) -> str:
    """Return the start of a text: whole sentences if one ends near the limit, else whole words.

    Parameters
    ----------
    text : str
        Text on one line.
    limit : int
        Most characters of the result, at least 1.

    Examples
    --------
    >>> cut_text("The keeper walks on. The lamp goes out.", 25)
    'The keeper walks on.'
    >>> cut_text("The keeper walks on and on", 12)
    'The keeper'
    """
    if len(text) <= limit:
        return text
    start, least = text[: limit + 1], int(limit * _KEPT_SHARE)
    ends = [match.end() for match in _SENTENCE_END.finditer(start, least) if match.end() <= limit]
    if ends:
        return start[: ends[-1]]
    space = start.rfind(" ", least)
    return (start[:space] if space > 0 else start[:limit]).rstrip()


def count_words(text: str) -> int:
    """Count words by white space; in scripts without it, two characters count as one word.

    Examples
    --------
    >>> count_words("A film of four."), count_words("七人の侍")
    (4, 2)
    """
    words = len(text.split())
    if text.isascii():
        return words
    return max(words, len(re.findall(UNSPACED, text)) // CHARS_PER_WORD)
