"""Remove what websites add at the end of a plot: "See full summary", the author, the source."""

from __future__ import annotations

import re

__all__ = ["MAY_END", "strip_endings"]

# Links that open the whole text. Those of the first group are never the last words of a plot.
_FULL_LINK = (
    r"(?:see|read|view|show|click for) (?:the )?(?:full|whole|complete|entire) "
    r"(?:summary|synopsis|plot|description|overview|text|story|review|article|biography)|"
    r"vollst\u00e4ndige (?:inhaltsangabe|beschreibung) (?:anzeigen|lesen)|"
    r"voir le (?:r\u00e9sum\u00e9|synopsis) complet|ver (?:la )?sinopsis completa|"
    r"leggi la trama completa|ver sinopse completa|"
    r"\u5c55\u5f00\u5168\u90e8|\u67e5\u770b\u66f4\u591a|\u9605\u8bfb\u5168\u6587|"
    r"\u95b1\u8b80\u5168\u6587|\u7d9a\u304d\u3092\u8aad\u3080|\u3082\u3063\u3068\u898b\u308b|"
    r"\ub354\ubcf4\uae30"
)
_LINK = (
    r"(?:read|see|view|show|learn|find out|load) (?:more|all|full)|more|continue(?: reading)?|"
    r"full (?:summary|synopsis|plot)|expand|weiterlesen|mehr(?: anzeigen| lesen| erfahren)?|"
    r"(?:lire|voir) (?:la suite|plus)|en savoir plus|(?:leer|ver|mostrar) m\u00e1s|"
    r"seguir leyendo|leggi tutto|continua(?: a leggere)?|mostra altro|"
    r"(?:ler|ver|mostrar|leia) mais|"
    r"lees (?:meer|verder)|meer weergeven|l\u00e4s mer|visa mer|l\u00e6s mere|les mer|"
    r"czytaj wi\u0119cej|(?:\u0447\u0438\u0442\u0430\u0442\u044c )?"
    r"(?:\u0434\u0430\u043b\u0435\u0435|\u043f\u043e\u043b\u043d\u043e\u0441\u0442\u044c\u044e)|"
    r"\u0435\u0449\u0451|devam\u0131n\u0131 oku"
)
_ARROW = r"(?:\u00bb|>+|\u2192|\u203a|\u25b8|\u25ba|\u25bc|\u2935)"
_DOTS = r"(?:\u2026|\.{2,})"
_LINKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\s*[(\[]?\s*(?<!\w)(?:{_FULL_LINK})\s*{_DOTS}?\s*{_ARROW}*\s*[)\]]?$",
        rf"\s*[(\[]\s*{_DOTS}?\s*(?:{_LINK})\s*{_DOTS}?\s*{_ARROW}*\s*[)\]]$",
        rf"\s*(?<!\w)(?:{_LINK})\s*{_DOTS}?\s*{_ARROW}+$",
        rf"(?<=\.\.|.\u2026)\s*(?:{_LINK})$",
        rf"^(?:{_LINK})$",
        # after a sentence, only a link that starts with a capital letter and has two words
        r"(?<=[.!?\u2026\"')])\s*(?-i:(?:Read|See|Show|View) (?:[Mm]ore|[Aa]ll|[Ff]ull)|"
        r"READ MORE|SEE MORE|Continue [Rr]eading|Learn [Mm]ore|Weiterlesen|Mehr anzeigen|"
        r"Lire la suite|Leer m\u00e1s|Leggi tutto|Ler mais|Lees meer)(?:\u2026|\.{3})?$",
    )
)
_FOREIGN_END = "\u3002\uff01\uff1f\u300d\u300f\u0964"  # of a sentence in Chinese, Japanese, Hindi
_PART = rf"[^\s.!?,;:<>()\[\]{{}}{_FOREIGN_END}]+"  # of a name
_NAME = rf"(?:{_PART},?\.?\s+){{0,5}}{_PART}"
_MAIL = r"[<(\[{]\s*[^\s<>()\[\]{}@]+@[^\s<>()\[\]{}]+\s*[>)\]}]"
_END = r"(?<=[.!?\u2026\"')])"  # of a sentence
_DASH = r"(?:[-\u2013\u2014~]+\s*)"
_SITES = "IMDb|IMDB|TMDb|TMDB|Wikipedia|Netflix|Production company|Official (?:web)?site|Press kit"
_SOURCES = (
    "Sources?|SOURCE|Quelle|Fuente|Fonte|Kilde|K\u00e4lla|Bron|"
    "\u0418\u0441\u0442\u043e\u0447\u043d\u0438\u043a|\u51fa\u5178|\u6765\u6e90|\u4f86\u6e90|\ucd9c\ucc98"
)
# Parts of a text -> pattern of a credit, which needs at least one of the parts.
_CREDITS = tuple(
    (needles, re.compile(pattern))
    for needles, pattern in (
        # "... sails north. Written by Ada Quill <ada@example.org>"
        (
            ("@",),
            rf"(?:^|{_END})\s*{_DASH}?(?:[Ww]ritten [Bb]y\s+|[Bb]y\s+)?(?:{_NAME}\s*)?{_MAIL}\.?$",
        ),
        (
            ("Written by",),
            rf"{_END}\s*{_DASH}?Written by:?\s+(?!.*\b(?:and|starring|directed|produced)\b)"
            rf"{_NAME}(?:\s*[({{\[][^(){{}}\[\]]*[)}}\]])?$",
        ),
        (
            ("Anonymous",),
            rf"\s*{_DASH}?Written by:?\s+Anonymous(?:\s*\([^()]*\))?\.?$",
        ),
        # "... sails north. -- Anonymous"
        (
            ("Anon", "MDb", "MDB", "Wiki", "Netflix", "company", "site", "kit"),
            rf"\s*(?:[\u2013\u2014]|--?)\s*(?:Anonymous|Anon|{_SITES})\.?$",
        ),
        (("\u2014", "--"), rf"{_END}\s*(?:\u2014|--)(?=[\w@]){_NAME}(?:\s*\([^()]*\))?$"),
        (("~",), rf"{_END}\s*~\s*(?=[A-Z]){_NAME}\.?$"),
        (
            ("\u00a9", "(c)", "(C)"),
            rf"{_END}\s*{_DASH}?(?:\u00a9|\([cC]\))\s*(?:\d{{4}}\s+)?{_NAME}\.?$",
        ),
        # "(Source: ANN)", "[Written by MAL Rewrite]"
        (
            ("Written by", ":", "\uff1a"),
            rf"\s*[(\[]\s*(?:(?:{_SOURCES})\s*[:\uff1a]|Written by\b)"
            r"(?:[^()\[\]]|\([^()\[\]]*\)){1,120}[)\]]\.?$",
        ),
        (
            (":",),
            rf"{_END}\s*(?:{_SOURCES})\s*:\s*[^.!?]{{1,60}}"
            r"(?:\.(?:com|org|net|de|fr|ru|es|it))?\.?$",
        ),
    )
)
_LAST = (
    "summary|synopsis|plot|description|overview|text|story|review|article|biography|more|all|full|"
    "continue|reading|expand|lesen|weiterlesen|mehr|anzeigen|erfahren|complet|completa|suite|plus|"
    "m\u00e1s|leyendo|tutto|continua|leggere|altro|mais|meer|verder|weergeven|mer|mere|"
    "wi\u0119cej|oku"
)
_WIDE_COLON, _LONG_DASH, _LATIN = "\uff1a", "\u2014", "\x00-\u024f"
_LAST_WORD = re.compile(rf"(?:\b(?:{_LAST})|[^\x00-\u024f])[\W_]*$", re.IGNORECASE)
# Letters and digits of Latin scripts; a sentence has none at its end, its last word has.
_WORD_ENDS = "0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_SENTENCE_ENDS = f".!?\"'{_FOREIGN_END}"
# Pattern of RE2 that finds every text of one line that `strip_endings` may change. Many taglines
# end without a full stop, so a last letter alone is no reason: the word must be one of a link.
MAY_END = (
    rf"\b(?i:{_LAST})$|[^{_WORD_ENDS}{_SENTENCE_ENDS}]$"
    "|@|~|\u00a9|nonymous|Written by"
    rf"|\([cC]\)|(?:Anon|{_SITES})\.?$|(?:{_LONG_DASH}|--).*[^{_SENTENCE_ENDS}]$"
    rf"|(?:{_SOURCES})\s*[:{_WIDE_COLON}]|(?i:{_LAST}|[^{_LATIN}])\s*\.{{2,}}$"
)
_LONGEST = 250  # characters at the end that are searched
_ROUNDS = 4  # a link, a source and an author may follow one another


def strip_endings(text: str) -> str:
    """Return a text on one line without links, author and source at its end.

    Examples
    --------
    >>> strip_endings("A keeper hides a map... See full summary \\u00bb")
    'A keeper hides a map...'
    >>> strip_endings("A keeper hides a map. (Source: ANN) Written by Ada Quill <ada@example.org>")
    'A keeper hides a map.'
    >>> strip_endings("She wants to see more")
    'She wants to see more'
    """
    for _ in range(_ROUNDS):
        tail = text[-_LONGEST:]
        rest = _strip_one(tail)
        if rest == tail:
            break
        text = (text[:-_LONGEST] + rest).rstrip(" ")
    return text


def _strip_one(tail: str) -> str:
    if _LAST_WORD.search(tail[-40:]) is not None:
        for pattern in _LINKS:
            found = pattern.search(tail)
            if found is not None:
                return tail[: found.start()]
    for needles, pattern in _CREDITS:
        if any(needle in tail for needle in needles):
            found = pattern.search(tail)
            if found is not None:
                return tail[: found.start()]
    return tail
