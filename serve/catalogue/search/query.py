"""How a query is read: "like TITLE", "but WORDS", "without WORDS", and words that carry nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from serve.catalogue.filters import clean_query

__all__ = ["Query", "read_query"]

_LIKE = re.compile(
    r"^(?:(?:please |i want |i'd like |show me |find me |find |give me |recommend )*)"
    r"(?:(?:some|a|any|another|more|good|great|other)\s+)*"
    r"(?:(?:something|anything|films?|movies?|pictures?|titles?)\s+)?"
    r"(?:(?:that (?:is|are|feels?)|which (?:is|are)|much|just|kind of|a bit|a lot)\s+)?"
    r"(?:like|similar to|in the (?:style|vein|spirit) of|along the lines of|reminiscent of)\s+"
    r"(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_BUT = re.compile(r"^(?P<title>.*?\S)\s*,?\s+(?:but|only|except)\s+(?P<change>.+)$", re.IGNORECASE)
_MEETS = re.compile(r"^(?P<one>.*\S)\s+(?:meets|crossed with)\s+(?P<other>\S.*)$", re.IGNORECASE)
_WITHOUT = re.compile(
    r"^(?P<kept>.*?)\s*(?:\b(?:but|and|,)\s+)*\b"
    r"(?:without|not with|with no|not about|not|no|less|minus)\s+"
    r"(?:(?:any|the|a|an|too|so|much|many|being|set in|in)\s+)*(?P<unwanted>[^,]+)$",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"^(?:(?:please|i want|i would like|i'd like|i am looking for|looking for|show me|find me|find|"
    r"give me|recommend)\s+)*(?:(?:to (?:see|watch)|me)\s+)*"
    r"(?:(?:a|an|the|some|any|good|great|best)\s+)*"
    r"(?:films?|movies?|pictures?|stor(?:y|ies)|titles?|something|anything)\s+"
    r"(?:(?:that (?:is|are)|which (?:is|are))\s+)?"
    r"(?:(?:about|with|where|in which|that|which|on|of|featuring|involving)\s+)?(?=\S)",
    re.IGNORECASE,
)
_LAST_FILLER = re.compile(r"(?<=\S)\s+(?:films?|movies?|pictures?)$", re.IGNORECASE)
_NOT_FILLER = re.compile(r"^(?:films?|movies?) (?!about|with|where|in which|that|which)", re.I)
_CHANGE = re.compile(
    r"^(?:(?:it is|it's|with|set|more|much|way|a bit|a lot|and|in|is|are|about|the|a|an)\s+)+"
    r"(?=\S)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Query:
    """A query as it is read.

    Attributes
    ----------
    text : str
        What is sought: the query without words that carry nothing, such as "films about".
    like : tuple of str
        Titles of films that the results are to be like.
    change : str
        In what the results are to differ from them; also searched.
    without : str
        What the results are not to have.

    Examples
    --------
    >>> read_query("something like Interstellar but darker")
    Query(text='darker', like=('Interstellar',), change='darker', without='')
    """

    text: str
    like: tuple[str, ...] = ()
    change: str = ""
    without: str = ""


def read_query(text: str) -> Query:
    """Read a query.

    Parameters
    ----------
    text : str
        What was typed, in English or any language; the patterns are English.

    Examples
    --------
    >>> read_query("movies about a heist without violence")
    Query(text='a heist', like=(), change='', without='violence')
    >>> read_query("Alien meets Die Hard").like
    ('Alien', 'Die Hard')
    """
    cleaned = clean_query(text)
    similar = _LIKE.match(cleaned)
    if similar:
        return _like(similar["rest"])
    both = _MEETS.match(cleaned)
    if both:
        return Query(cleaned, (both["one"], both["other"]))
    kept, unwanted = _split_unwanted(cleaned)
    return Query(_content(kept) if kept else cleaned, without=unwanted if kept else "")


def _like(rest: str) -> Query:
    changed = _BUT.match(rest)
    title, change = (changed["title"], changed["change"]) if changed else (rest, "")
    wanted, unwanted = _split_unwanted(change)
    wanted = _CHANGE.sub("", wanted)
    return Query(wanted, (title,), wanted, unwanted)


def _split_unwanted(text: str) -> tuple[str, str]:
    found = _WITHOUT.match(text)
    return (found["kept"], found["unwanted"]) if found else (text, "")


def _content(text: str) -> str:
    """Return a query without words that carry nothing."""
    text = text.rstrip("?!. ") or text
    if not _NOT_FILLER.match(text):
        text = _FILLER.sub("", text)
    return _LAST_FILLER.sub("", text)
