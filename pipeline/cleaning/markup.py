"""Remove markup from prose: escapes, Markdown, wiki text, BBCode, footnote marks, addresses."""

from __future__ import annotations

import re

__all__ = ["decode_escapes", "strip_line_marks", "strip_markup", "strip_title_marks"]

_WORD = re.compile(r"\S+")
_PATH = re.compile(r"""["'(\[]*(?:[A-Za-z]:\\|\\\\\w)""")  # "C:\films", "\\server\films"
_HIGH_LOW = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_CODE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U000([0-9a-fA-F]{5})|x([0-9a-fA-F]{2}))")
_BREAK = re.compile(r"(?:\\[rnt])+|\\(?=\s|$)")
_MARK = re.compile(r"\\([!-/:-@\[-`{-~])")  # a backslash before ASCII punctuation

_RULE = re.compile(r"^[ \t]*([-=*_])(?:[ \t]*\1){2,}[ \t]*$", re.MULTILINE)
_LINE_MARK = re.compile(r"^[ \t]*(?:(?:#{1,6}(?=[ \t]+\D)|>+)[ \t]+)+(?=\S)", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[*\u2022][ \t]+(?=\S)", re.MULTILINE)
_NO_WORDS = "plot|plot summary|synopsis|summary|overview|storyline|story|handlung|inhalt|intrigue"
_HEADING = re.compile(
    rf"^[ \t]*(?:#{{1,6}}[ \t]+(?:{_NO_WORDS})[ \t:#]*|"
    rf"(={{2,6}})[ \t]*(?:{_NO_WORDS})[ \t]*\1)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_WIKI_HEADING = re.compile(r"(?<!\S)(={2,6})\s*([^=]{1,80}?)\s*\1(?!\S)")

# Texts in brackets that editors of Wikipedia leave, without the numbers.
_EDITORIAL = (
    r"(?:citation|reference|clarification|page|full citation|better source|non-primary source|"
    r"verification|attribution|quotation|date|copyright violation|disambiguation|original research|"
    r"importance|needs update|specify|dead link)(?: needed|\?)?|"
    r"failed verification|unreliable source\??|not in citation given|according to whom\?|by whom\?|"
    r"who\?|when\?|where\?|which\?|why\?|how\?|whose\?|vague|dubious(?: [-\u2013] discuss)?|edit|"
    r"update|note|r\u00e9f\. ?n\u00e9cessaire|r\u00e9f\u00e9rence n\u00e9cessaire|cita requerida|"
    r"carece de fontes\??|senza fonte|bron\?|Quelle fehlt|Beleg(?:e)? fehlt|kaynak belirtilmeli|"
    r"\u0438\u0441\u0442\u043e\u0447\u043d\u0438\u043a \u043d\u0435 \u0443\u043a\u0430\u0437\u0430"
    r"\u043d[^\[\]]{0,20}|\u8981\u51fa\u5178|\u4f86\u6e90\u8acb\u6c42|\u6765\u6e90\u8bf7\u6c42|"
    r"\ucd9c\ucc98 \ud544\uc694"
)
_NUMBERED = r"(?:note|nb|n|fn|ref|anm\.|anmerkung|nota|\u6ce8|\u8a3b|\uc8fc) ?\d{1,3}"
_NUMBERS = r"\d{1,3}(?: ?[,\u2013-] ?\d{1,3})*"
_FOOTNOTE = re.compile(
    rf"\s*\[(?:{_NUMBERS}|{_NUMBERED}|{_EDITORIAL})\](?::\d{{1,4}}(?:[\u2013-]\d{{1,4}})?)?",
    re.IGNORECASE,
)
# "map.[a]", "map[b]", but neither "[a] man" nor "brother[s]".
_LETTER_MARK = re.compile(
    r"""(?:(?:(?<=[.,;:!?)])|(?<=[^\s(]["']))(?:\[[A-Za-z]\])+|(?<=\w)\[[a-c]\])(?!\w)"""
)

_LINK = re.compile(
    r"(!?)\[([^\[\]]{0,300})\]\(\s*<?(?:[a-z]{2,8}:|www\.|/|#|\./)(?:[^\s()<>]|\([^\s()]*\))*>?"
    r"(?:\s+\"[^\"]*\"|\s+'[^']*')?\s*\)"
)
_WIKI_FILE = re.compile(
    r"\[\[(?:file|image|category|datei|kategorie|fichier|archivo|immagine|media)\s*:[^\[\]]*\]\]",
    re.IGNORECASE,
)
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)*([^\[\]|]*)\]\]")
_WIKI_ADDRESS = re.compile(r"\[(?:https?|ftp)://[^\s\[\]]+(?:\s+([^\[\]]*))?\]")
_WIKI_QUOTES = re.compile(r"'{2,5}")
_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")
_SHOWING = ("lang", "nowrap", "small", "nihongo", "transl", "translation", "abbr", "w")

_BB_CODE = r"b|i|u|s|url|quote|spoiler|size|color|colour|center|centre|font|code|list|indent|align"
_BB_CLOSED = re.compile(rf"\[/(?:{_BB_CODE}|img|youtube|video)\]", re.IGNORECASE)
_BB_MEDIA = re.compile(r"\[(img|youtube|video)[^\[\]]{0,99}\][^\[\]]*\[/\1\]", re.IGNORECASE)
_BB_TAG = re.compile(rf"\[/?(?:{_BB_CODE})(?:=[^\[\]]{{0,300}})?\]", re.IGNORECASE)

_PAIRS = tuple(
    re.compile(
        rf"(?<![\w{mark}])({mark}{{{least},3}})(?=[^\s{mark}])(?=[^{mark}]*\w)([^{mark}]{{1,500}}?)"
        rf"(?<=[^\s{mark}])\1(?![\w{mark}])"
    )
    for mark, least in ((r"\*", 1), ("_", 1), ("~", 2), ("`", 1))
)
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s<>\"]+|\bwww\.[^\s<>\"]+\.[^\s<>\"]+", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:^|(?<=[.!?\u2026)] )|(?<=[.!?\u2026)]))"
    r"(?:(?:official )?(?:web ?site|homepage|site|page|trailer|source|link|url|facebook|imdb|"
    r"wikipedia|(?:read|see|find out|learn) more|more info(?:rmation)?)(?: at| on)?"
    r"\s*[:\u2013-]\s*)$",
    re.IGNORECASE,
)
_INTRODUCTION = re.compile(r"\s(?:at|on|via|visit|see|from|under|auf|unter|sur|en|su|na)$")
_CLOSING = {"(": ")", "[": "]", "<": ">"}
_TAIL = ".,;:!?'\")]}\u2026\u00bb\u201d\u2019"

_TITLE_NOTE = re.compile(
    rf"(?<=\S)(?:\[(?:{_NUMBERS}|{_NUMBERED}|{_EDITORIAL})\])+$", re.IGNORECASE
)
_BOLD_TITLE = re.compile(r"^\*\*([^*]+)\*\*$")
# The mark of an article in another Wikipedia: "Die Reise [de]".
_TITLE_LANGUAGE = re.compile(
    r"(?<=\S)\s?\[(?:cs|da|de|es|fi|fr|hu|it|ja|ko|nl|no|pl|pt|ru|sv|tr|zh)\]$"
)


def decode_escapes(text: str, *, breaks: bool = True) -> str:
    r"""Return the text with literal escapes decoded: `\u00e9`, `\n`, `\"`; paths stay as they are.

    Parameters
    ----------
    text : str
        Any text.
    breaks : bool
        Whether `\n`, `\r` and `\t` are line breaks, too; not in a title.

    Examples
    --------
    >>> decode_escapes(r"A caf\u00e9\nin \"Rome\""), decode_escapes(r"in C:\news")
    ('A café\nin "Rome"', 'in C:\\news')
    """
    return _WORD.sub(lambda match: _decode_word(match[0], breaks), text) if "\\" in text else text


def _decode_word(word: str, breaks: bool) -> str:
    if "\\" not in word or _PATH.match(word):
        return word
    word = _HIGH_LOW.sub(lambda m: bytes.fromhex(m[1] + m[2]).decode("utf-16-be"), word)
    word = _CODE.sub(_character, word)
    if breaks:
        word = _BREAK.sub("\n", word)
    return _MARK.sub(r"\1", word)


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return match[0] if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


def strip_line_marks(text: str) -> str:
    """Return the text without marks at the start of lines: headings, quotes, bullets, rules.

    Examples
    --------
    >>> strip_line_marks("# The Lamp\\n> A keeper\\n> sails.").split("\\n")
    ['The Lamp', 'A keeper', 'sails.']
    """
    if "\n" in text:
        text = _RULE.sub("", _HEADING.sub("", text))
        if len(_BULLET.findall(text)) > 1:
            text = _BULLET.sub("", text)
    return _LINE_MARK.sub("", text)


def strip_markup(text: str) -> str:
    """Return prose on one line without markup, footnote marks and addresses.

    Examples
    --------
    >>> strip_markup("A **keeper**[1] hides [a map](https://example.org) at [[Sea|sea]].[note 2]")
    'A keeper hides a map at sea.'
    """
    if "{{" in text and "}}" in text:
        text = _TEMPLATE.sub(_shown, text)
    if "[" in text:
        text = _strip_brackets(text)
    if "'''" in text:
        text = _WIKI_QUOTES.sub("", text)
    if "==" in text:
        text = _WIKI_HEADING.sub(lambda m: "" if _is_no_word(m[2]) else m[2], text)
    if "*" in text or "_" in text or "~" in text or "`" in text:
        for pair in _PAIRS:
            text = pair.sub(r"\2", text)
    if "~!" in text and "!~" in text:
        text = text.replace("~!", "").replace("!~", "")
    if "://" in text or "www." in text.lower():
        text = _drop_addresses(text)
    return " ".join(text.split())


def strip_title_marks(text: str) -> str:
    """Return a title without links and footnote marks; "[REC]" and "*61" stay as they are.

    Examples
    --------
    >>> strip_title_marks("[[Heat (film)|Heat]][1]"), strip_title_marks("[REC]")
    ('Heat', '[REC]')
    """
    if "[" in text:
        text = _LINK.sub(_link_text, _WIKI_LINK.sub(r"\1", text))
        text = _TITLE_LANGUAGE.sub("", _TITLE_NOTE.sub("", text))
    return " ".join(_BOLD_TITLE.sub(r"\1", text).split())


def _strip_brackets(text: str) -> str:
    text = _WIKI_LINK.sub(r"\1", _WIKI_FILE.sub("", text)) if "[[" in text else text
    text = _LINK.sub(_link_text, text) if "](" in text else text
    text = _WIKI_ADDRESS.sub(lambda m: m[1] or "", text) if "://" in text else text
    if _BB_CLOSED.search(text):
        text = _BB_TAG.sub("", _BB_MEDIA.sub("", text))
    text = _FOOTNOTE.sub(_gap, text)
    return _LETTER_MARK.sub("", text)


def _link_text(match: re.Match[str]) -> str:
    return "" if match[1] else match[2]  # the text beside a picture describes the picture


def _gap(match: re.Match[str]) -> str:
    """Return what a footnote mark leaves: a space before a word, else nothing."""
    after = match.string[match.end() : match.end() + 1]
    return " " if after.isalnum() else ""


def _shown(match: re.Match[str]) -> str:
    name, *arguments = (part.strip() for part in match[1].split("|"))
    if not arguments or name.casefold() not in _SHOWING:
        return ""
    return arguments[0] if name.casefold() == "nihongo" else arguments[-1]


def _is_no_word(heading: str) -> bool:
    return re.fullmatch(_NO_WORDS, heading, re.IGNORECASE) is not None


def _drop_addresses(text: str) -> str:
    pieces, end = [], 0
    for match in _ADDRESS.finditer(text):
        start, stop = match.span()
        while stop > start and text[stop - 1] in _TAIL:
            if text[stop - 1] == ")" and text.count("(", start, stop) >= text.count(
                ")", start, stop
            ):
                break  # "https://en.wikipedia.org/wiki/Heat_(film)"
            stop -= 1
        before, after = text[end:start].rstrip(), text[stop:].lstrip()[:1]
        if before and _CLOSING.get(before[-1]) == after:
            before, stop = before[:-1], text.index(after, stop) + 1
        before = _LABEL.sub("", before)
        if not text[stop:].strip(" .!"):
            before = _INTRODUCTION.sub("", before)
        pieces.append(before)
        end = stop
    return "".join([*pieces, text[end:]])
