"""Formatting of values in the explorer: counts, years, ratings and names of languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.formatting import finite, rating, share, whole

__all__ = [
    "compared",
    "film_title",
    "films",
    "finite",
    "language",
    "listed",
    "name_truth",
    "rating",
    "share",
    "signed",
    "span",
    "whole",
]

# Common ISO 639-1 codes of film catalogues; any other code is shown unchanged.
_NAMES = """
ar=Arabic bn=Bengali ca=Catalan cn=Cantonese cs=Czech da=Danish de=German el=Greek en=English
es=Spanish et=Estonian eu=Basque fa=Persian fi=Finnish fr=French he=Hebrew hi=Hindi
hr=Croatian hu=Hungarian id=Indonesian is=Icelandic it=Italian ja=Japanese ka=Georgian
kn=Kannada ko=Korean la=Latin lt=Lithuanian lv=Latvian ml=Malayalam mr=Marathi nb=Norwegian
nl=Dutch no=Norwegian pa=Punjabi pl=Polish pt=Portuguese ro=Romanian ru=Russian
sk=Slovak sl=Slovenian sr=Serbian sv=Swedish ta=Tamil te=Telugu th=Thai tl=Tagalog tr=Turkish
uk=Ukrainian ur=Urdu vi=Vietnamese yi=Yiddish zh=Chinese
"""
_LANGUAGES = dict(pair.split("=") for pair in _NAMES.split())


def films(count: int) -> str:
    """Return a number of films.

    Examples
    --------
    >>> films(1), films(4961)
    ('1 film', '4,961 films')
    """
    return f"{whole(count)} film{'' if count == 1 else 's'}"


def span(first: int | None, last: int | None) -> str:
    """Return a span of years with an en dash; one year if both are equal; "" if none is known.

    Examples
    --------
    >>> span(1981, 1981), span(1981, None), span(None, None)
    ('1981', '1981', '')
    """
    known = [str(year) for year in (first, last) if year is not None]
    return " \u2013 ".join(dict.fromkeys(known))


def language(code: str | None) -> str:
    """Return the English name of a language code, or the code if it is not listed.

    Examples
    --------
    >>> language("de"), language("xx"), language(None)
    ('German', 'xx', '')
    """
    return _LANGUAGES.get(code or "", code or "")


def language_code(name: str) -> str:
    """Return the code of a language whose English name is listed, else the text itself.

    Examples
    --------
    >>> language_code("German"), language_code("de")
    ('de', 'de')
    """
    return next((code for code, known in _LANGUAGES.items() if known == name), name)


def compared(margin: float) -> str:
    """Return how one similarity compares with another, given their difference.

    Examples
    --------
    >>> compared(0.0513), compared(-0.02), compared(-0.001)
    ('0.05 more than', '0.02 less than', 'about the same as')
    """
    if abs(margin) < 0.005:
        return "about the same as"
    return f"{abs(margin):.2f} {'more' if margin > 0 else 'less'} than"


def signed(change: float | None) -> str:
    """Return a relative change as a percentage with a sign; "new" for None.

    Examples
    --------
    >>> signed(None)
    'new'
    """
    if change is None:
        return "new"
    sign = "+" if change > 0 else "\u2212" if change < 0 else "\u00b1"
    return f"{sign}{abs(change) * 100:.0f}\u202f%"


def film_title(film: Mapping[str, Any]) -> str:
    """Return the title of a film with its year, if known.

    Examples
    --------
    >>> film_title({"title": "Das Boot", "year": 1981}), film_title({"title": None})
    ('Das Boot (1981)', 'Untitled')
    """
    year = film.get("year")
    return str(film.get("title") or "Untitled") + (f" ({year})" if year is not None else "")


def name_truth(genre: Mapping[str, Any]) -> str:
    """Return in words how far the name of a micro-genre is true; "" if it was not measured.

    Examples
    --------
    >>> truth = {"name_truth": 0.5, "subject_truth": 0.75, "form_truth": None}
    >>> name_truth(truth | {"adjective_truth": None, "thin": False})
    'By their metadata, the whole name is true of 50\u202f% of its films, the subject of 75\u202f%.'
    """
    whole_name = finite(genre["name_truth"])
    if whole_name is None:
        return ""
    names = {"subject": "the subject", "form": "the genre", "adjective": "the adjective"}
    parts = [("the whole name is true", whole_name)]
    for part, words in names.items():
        value = finite(genre[f"{part}_truth"])
        if value is not None:
            parts.append((words, value))
    said = [f"{words} of {share(value)}" for words, value in parts]
    said[0] += " of its films"
    thin = " They say too little for a theme, or fit none nearby." if genre["thin"] else ""
    return f"By their metadata, {', '.join(said)}.{thin}"


def listed(items: Sequence[str] | None, most: int = 8) -> str:
    """Return the first `most` items, joined by commas, and the number of the others.

    Examples
    --------
    >>> listed(["spy", "cold war", "torpedo"], 2)
    'spy, cold war and 1 more'
    """
    some = list(items or [])
    more = f" and {len(some) - most} more" if len(some) > most else ""
    return ", ".join(some[:most]) + more
