"""Repair damaged text: entities, HTML tags, encoding damage, Unicode form, white space."""

from __future__ import annotations

import html
import re
import unicodedata

from ftfy import TextFixerConfig, fix_text
from selectolax.lexbor import LexborHTMLParser

__all__ = ["count_words", "find_control_character", "repair_text"]

# C0 controls and DEL, without tab, line feed, vertical tab, form feed and carriage return.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Invisible characters: C1 controls, soft hyphen, zero-width space and no-break space, direction
# marks, word joiner, interlinear marks. The zero-width joiners stay: Persian and Hindi need them.
_INVISIBLE = re.compile(
    "[\x80-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_INLINE = "a|abbr|b|cite|code|em|font|i|mark|q|s|small|span|strike|strong|sub|sup|u"
_BLOCK = "blockquote|br|center|dd|div|dl|dt|h[1-6]|hr|img|li|ol|p|pre|script|style|table|td|tr|ul"
_TAG = re.compile(
    rf"<(?:!--.*?--|/?(?:{_INLINE}|{_BLOCK})(?:\s[^<>]*)?/?)>", re.IGNORECASE | re.DOTALL
)
_BLOCK_TAG = re.compile(rf"(?=</?(?:{_BLOCK})[\s/>])", re.IGNORECASE)
_UNSPACED = re.compile(  # scripts written without spaces between words: Thai, kana, Han
    "[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_CHARS_PER_WORD = 2  # of those scripts, roughly
# A closing quote whose third byte is lost, since Windows-1252 lacks it; ftfy cannot repair that.
_LOST_QUOTE = "\u00e2\u20ac"
_ROUNDS = 3  # "&amp;amp;lt;" was escaped three times; real text is not escaped more often

# Entities are decoded here, since ftfy ignores them beside a "<"; rows with control characters are
# rejected, not repaired. Curly quotes and ligatures become plain ones: the same word must be the
# same token in every catalogue.
_FTFY = TextFixerConfig(unescape_html=False, remove_control_chars=False, explain=False)


def find_control_character(text: str) -> tuple[int, int] | None:
    """Return position and code of the first control character except white space, or None."""
    if text.isprintable():  # most texts, and many times faster than the search
        return None
    match = _CONTROL.search(text)
    return None if match is None else (match.start(), ord(match[0]))


def repair_text(text: str) -> str:
    """Return the repaired text on one line; repairing it again changes nothing.

    The function decodes entities (escaped up to three times), removes HTML tags but not `<3` or
    `<Untitled>`, repairs encoding damage (with ftfy), normalizes to NFC, removes invisible
    characters and collapses white space.

    Examples
    --------
    >>> repair_text("Bondâ€™s  <b>past</b> &amp; future")
    "Bond's past & future"
    """
    if text.isascii() and "<" not in text and "&" not in text:
        return " ".join(text.split())  # most texts; they can have no other damage
    for _ in range(_ROUNDS):
        decoded = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        if decoded == text:
            break
        text = decoded
    if _TAG.search(text):
        text = _strip_tags(text)
    for _ in range(_ROUNDS):
        fixed = _INVISIBLE.sub("", fix_text(text, _FTFY)).replace(_LOST_QUOTE, '"')
        fixed = " ".join(unicodedata.normalize("NFC", fixed).split())
        if fixed == text:
            break
        text = fixed
    return text


def _strip_tags(text: str) -> str:
    # "one.<br>Two" is two words, "wo<b>rd</b>" is one.
    parser = LexborHTMLParser(_BLOCK_TAG.sub(" ", _escape_other(text)))
    parser.strip_tags(["script", "style"])
    return parser.text(deep=True)


def _escape_other(text: str) -> str:
    """Escape text that a parser would read as markup: `<3`, `a<b`, `<Untitled>`, `R&D`."""
    pieces, end = [], 0
    for match in _TAG.finditer(text):
        pieces += [html.escape(text[end : match.start()], quote=False), match[0]]
        end = match.end()
    return "".join([*pieces, html.escape(text[end:], quote=False)])


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
    return max(words, len(_UNSPACED.findall(text)) // _CHARS_PER_WORD)
