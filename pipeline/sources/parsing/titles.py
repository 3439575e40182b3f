"""Parsers of titles: the year behind a title, and titles to compare across catalogues."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["comparable_title", "comparable_titles", "title_and_year"]

# "(1999)", "[1999]", "(TV Series 1999-2003)", "(1999 film)", "(1999/II)", "(II) (1999)", and
# "(1999) (TV)"
_FORM = (
    r"(?:US|USA|UK|AU|CA|IE|tv|video|film|movie|series|serie|mini|mini-series|miniseries|short|special"
    r"|game|documentary|podcast|anime|fernsehfilm|téléfilm|película|фильм|сериал|电影)"
)
_YEAR = re.compile(
    rf"\s*(?:\([IVXL]+\)\s*)?[(\[（](?:{_FORM}[ ,]+)*(?P<year>1[89]\d\d|20\d\d)(?:/[IVXL]+)?"
    rf"(?:\s*[-–—]\s*(?:\d\d(?:\d\d)?|present)?)?(?:,?\s{_FORM})*\s*[)\]）]"
    rf"(?:\s*\((?:V|VG|{_FORM}(?: {_FORM})*)\))?\s*$",
    re.IGNORECASE,
)
_LONGEST = 1_000  # characters of a title that is searched
_ALTERNATIVE = re.compile(r"\s*\((?:a\.?k\.?a\.?:?\s*)?([^()]+)\)\s*$", re.IGNORECASE)
# Articles behind a title, "Matrix, The"; and those before it that do not matter for comparing.
_BEHIND = re.compile(
    r"^(?P<title>.+),\s+(?P<article>the|a|an|der|die|das|ein|eine|le|la|les|un|une|el|los|las|lo|una|il|gli|i"
    r"|o|os|as|um|uma|de|het|een|den|det|en|ett|et|l')$",
    re.IGNORECASE | re.DOTALL,
)
_BEFORE = re.compile(
    r"^(?:the|an?|der|das|le|la|les|el|los|las|il|het|l['’])(?:\s+|(?<=['’]))(?=\S)"
)
_LETTERS = str.maketrans("øłđıħŧ", "oldiht", "'’`´ʼ") | str.maketrans(
    {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_AND = re.compile(r"\s*(?:&|\+)\s*")


def title_and_year(title: str) -> tuple[str, int | None]:
    """Return a title without the year in brackets that it ends with, and the year.

    A title that is nothing but a year in brackets, or ends with digits, is unchanged.

    Examples
    --------
    >>> title_and_year("Waltz Nine, The (2001)"), title_and_year("Blade Runner 2049")
    (('Waltz Nine, The', 2001), ('Blade Runner 2049', None))
    >>> title_and_year("Salt Lamp (TV Series 1999-2003)")
    ('Salt Lamp', 1999)
    """
    if title.rstrip()[-1:] not in (")", "]", "）"):
        return title, None
    match = _YEAR.search(title) if len(title) <= _LONGEST else None
    if match is None or not title[: match.start()].strip():
        return title, None
    return title[: match.start()].strip(), int(match["year"])


def comparable_title(title: str) -> str:
    """Return a title without case, accents, punctuation, spaces and article, for comparing.

    Returns
    -------
    str
        Letters and digits; "" for a title of neither.

    Examples
    --------
    >>> comparable_title("Misérables, Les"), comparable_title("Les Misérables")
    ('miserables', 'miserables')
    >>> comparable_title("Tom & Jerry") == comparable_title("tom and jerry")
    True
    """
    folded = title[:_LONGEST].strip()
    if match := _BEHIND.match(folded):
        space = "" if match["article"].endswith("'") else " "
        folded = f"{match['article']}{space}{match['title']}"
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", folded)
    folded = folded.casefold()
    if "&" in folded or "+" in folded:
        folded = _AND.sub(" and ", folded)
    without = _BEFORE.sub("", folded)
    return _letters(without) or _letters(folded)


def _letters(folded: str) -> str:
    if not folded.isascii():
        parts = unicodedata.normalize("NFD", folded.translate(_LETTERS))
        kept = "".join(c for c in parts if not "\u0300" <= c <= "\u036f")
        folded = unicodedata.normalize("NFC", kept)
    return "".join(c for c in folded if c.isalnum() or unicodedata.category(c)[0] == "M")


def comparable_titles(title: str) -> tuple[str, ...]:
    """Return the comparable title, and that of each other title in brackets behind it.

    Examples
    --------
    >>> comparable_titles("City of Lost Children, The (Cité des enfants perdus, La)")
    ('cityoflostchildren', 'citedesenfantsperdus')
    """
    main, others = title[:_LONGEST], []
    while (match := _ALTERNATIVE.search(main)) and match.start():
        others.append(match[1])
        main = main[: match.start()]
    found = [comparable_title(t) for t in (main, *reversed(others))]
    return tuple(dict.fromkeys(t for t in found if t)) or ("",)
