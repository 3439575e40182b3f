"""Repair the characters of any text: entities, HTML tags, encoding damage, Unicode form, spaces."""

from __future__ import annotations

import html
import re
import unicodedata

from ftfy import TextFixerConfig, fix_text
from selectolax.lexbor import LexborHTMLParser

__all__ = [
    "COMBINING",
    "CONTROLS",
    "DOUBLE_QUOTE",
    "DOUBT",
    "SINGLE_QUOTE",
    "decode_entities",
    "drop_controls",
    "repair_characters",
]

# C0 controls and DEL, without tab, line feed, vertical tab, form feed and carriage return.
CONTROLS = r"[\x00-\x08\x0e-\x1f\x7f]"
_CONTROL = re.compile(CONTROLS)
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours and the like of a terminal
# The low byte of U+2019, whose high byte is lost: "Bond\x19s".
_LOST_APOSTROPHE = re.compile(r"(?<=\w)\x19(?=\w)")
_SEPARATORS = re.compile(r"[\x1c-\x1f]")  # of files, groups, records and units
# Invisible characters: C1 controls, soft hyphen, zero-width space and no-break space, direction
# marks, word joiner, interlinear marks. The zero-width joiners stay: Persian and Hindi need them.
_INVISIBLE = re.compile(
    "[\x80-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_INLINE = (
    "a|abbr|b|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|nowiki|q|s|samp|small|span|strike|"
    "strong|sub|sup|tt|u|wbr"
)
_BLOCK = (
    "article|blockquote|body|br|caption|center|dd|div|dl|dt|figcaption|figure|h[1-6]|head|hr|html|"
    "iframe|img|li|ol|p|pre|script|section|style|table|tbody|td|tfoot|th|thead|tr|ul"
)
_TAG = re.compile(
    rf"<(?:!--.*?--|/?(?:{_INLINE}|{_BLOCK})(?:\s[^<>]*)?/?)>", re.IGNORECASE | re.DOTALL
)
_BLOCK_TAG = re.compile(rf"(?=</?(?:{_BLOCK})[\s/>])", re.IGNORECASE)
# Sources of Wikipedia: "<ref>A book</ref>", "<ref name=a />".
_REFERENCE = re.compile(
    r"<ref(?:\s[^<>]*)?/>|<ref(?:\s[^<>]*)?>[^<]*(?:<(?!/?ref\b)[^<]*)*</ref\s*>", re.IGNORECASE
)
# A closing quote whose third byte is lost, since Windows-1252 lacks it; ftfy cannot repair that.
_LOST_QUOTE = "\u00e2\u20ac"
_TWICE_ENCODED = re.compile("\u00e2\u20ac|[\u00c2\u00c3][\u00a0-\u00bf]")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
# Letters and punctuation of Latin script that are not part of encoding damage unless others follow.
_LOWER = (
    "\u0101\u0103\u0113\u0117\u0123\u012b\u0137\u013c\u0146\u0163\u0169\u016b\u0173\u0219\u021b"
    "\u00df-\u00ef\u00f1-\u00f6\u00f8-\u00fd\u00ff\u0105\u0107\u010d\u010f\u0111\u0119\u011b\u011f"
    "\u0131\u0142\u0144\u0148\u0151\u0159\u015b\u015f\u0161\u0165\u016f\u0171\u017a\u017c\u017e"
)
_UPPER = (
    "\u0110\u00c0\u00c1\u00c4-\u00cd\u00cf\u00d1-\u00d6\u00da-\u00dd\u0104\u0106\u010c\u0118\u011a\u0130"
    "\u0141\u0143\u0147\u0158\u015a\u015e\u0160\u0164\u016e\u0170\u0179\u017b\u017d"
)
_FREE = "\u2019\u2013\u2014\u2026"  # apostrophe, dashes, ellipsis
_OPENING, _CLOSING = "\u00a1\u00ab\u00bf\u2018\u201c\u201e", "\u00bb\u201d"
_GREEK, _CYRILLIC = (
    "\u0386\u0388-\u03a1\u03a3-\u03ce",
    "\u0410-\u044f\u0401\u0451\u0404\u0454\u0406\u0456\u0407\u0457",
)
# Hebrew, Arabic, Indic, Thai, Georgian, kana, Han, Hangul, and the letters of Vietnamese alone.
COMBINING = "\u0590-\u05ff\u0600-\u06ff\u0900-\u0dff\u0e00-\u0e7f"
_OTHER = (
    f"{COMBINING}\u200c\u200d\u10d0-\u10fa\u3001-\u303f\u3041-\u3096\u30a1-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9"
)
_ASCII = r"\x00-\x7f"
# Pattern of Python and RE2 that finds every text that ftfy may change, beside its curly quotes.
DOUBT = (
    f"[^{_ASCII}{_LOWER}{_UPPER}{_FREE}{_OPENING}{_CLOSING}{_GREEK}{_CYRILLIC}{_OTHER}\u0153]"
    f"|[{_LOWER}{_UPPER}][^{_ASCII}{_LOWER}{_FREE}{_OPENING}{_CLOSING}{_OTHER}]"
    f"|[{_LOWER}{_UPPER}][{_OPENING}{_CLOSING}](?:[^{_ASCII}]|[0-9A-Za-z_])"
    f"|[{_UPPER}][{_OPENING}]"
    f"|[{_CLOSING}{_GREEK}{_CYRILLIC}][{_LOWER}{_UPPER}\u0153]"
    f"|[\u0392\u0393\u039e\u039f\u0412\u0413\u0420\u0421][{_OPENING}{_CLOSING}]"
    "|\u0153(?:[^A-Za-z]|$)"
)
SINGLE_QUOTE, DOUBLE_QUOTE = "[\u02bc\u2018-\u201b]", "[\u201c-\u201f]"
_DOUBTFUL, _COMBINED = re.compile(DOUBT), re.compile(f"[{COMBINING}]")
_STRAIGHT = ((re.compile(SINGLE_QUOTE), "'"), (re.compile(DOUBLE_QUOTE), '"'))
_ROUNDS = 3  # "&amp;amp;lt;" was escaped three times; real text is not escaped more often

# Entities and control characters are handled here: ftfy ignores entities beside a "<". Curly quotes
# and ligatures become plain ones: the same word must be the same token in every catalogue.
_FTFY = TextFixerConfig(unescape_html=False, remove_control_chars=False, explain=False)


def repair_characters(text: str) -> str:
    """Return the text on one line, with its characters repaired; a second repair changes nothing.

    The function decodes entities (escaped up to three times), removes HTML tags but not `<3` or
    `<Untitled>`, drops control characters, repairs encoding damage (with ftfy), normalizes to NFC,
    removes invisible characters and collapses white space.

    Examples
    --------
    >>> repair_characters("Bondâ€™s  <b>past</b> &amp; future")
    "Bond's past & future"
    """
    if text.isascii() and "<" not in text and "&" not in text:
        if not text.isprintable():
            text = drop_controls(text)
        return " ".join(text.split())  # most texts; they can have no other damage
    text = drop_controls(decode_entities(text))
    if "<" in text:
        text = _REFERENCE.sub("", text)
        if _TAG.search(text):
            text = _strip_tags(text)
    text = _decode_twice_encoded(text)
    for _ in range(_ROUNDS):
        if _is_sound(text):
            for quote, straight in _STRAIGHT:
                text = quote.sub(straight, text)
            return " ".join(text.split())
        fixed = _INVISIBLE.sub("", fix_text(text, _FTFY)).replace(_LOST_QUOTE, '"')
        fixed = " ".join(unicodedata.normalize("NFC", drop_controls(fixed)).split())
        if fixed == text:
            break
        text = fixed
    return text


def _decode_twice_encoded(text: str) -> str:
    """Decode UTF-8 that was read as Windows-1252, as ftfy does, but many times faster.

    A text that is not such as a whole stays as it is.
    """
    if _TWICE_ENCODED.search(text) is None:
        return text
    try:
        return _FOREIGN.sub(lambda match: match[0].encode("cp1252").decode("utf-8"), text)
    except UnicodeError:
        return text


def _is_sound(text: str) -> bool:
    if text.isascii():
        return True
    if _DOUBTFUL.search(text) is not None:
        return False
    return _COMBINED.search(text) is None or unicodedata.is_normalized("NFC", text)


def decode_entities(text: str) -> str:
    """Return the text with its HTML entities decoded, also those escaped up to three times.

    Examples
    --------
    >>> decode_entities("&amp;lt;p&amp;gt; R&D")
    '<p> R&D'
    """
    for _ in range(_ROUNDS):
        if "&" not in text:
            break
        decoded = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        if decoded == text:
            break
        text = decoded
    return text


def drop_controls(text: str) -> str:
    """Return the text without control characters; separators of records become spaces.

    Examples
    --------
    >>> drop_controls("A ma\\x00p,\\x1fa lamp"), drop_controls("Bond\\x19s")
    ('A map, a lamp', "Bond's")
    """
    if text.isprintable() or _CONTROL.search(text) is None:
        return text
    text = _LOST_APOSTROPHE.sub("'", _TERMINAL.sub("", text))
    return _CONTROL.sub("", _SEPARATORS.sub(" ", text))


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
