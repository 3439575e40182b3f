"""How the explorer writes what it shows: counts, years, ratings, and names of languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.formatting import finite, rating, share, whole

__all__ = [
    "films",
    "finite",
    "language",
    "link_text",
    "listed",
    "rating",
    "share",
    "signed",
    "span",
    "whole",
]

# ISO 639-1 codes that catalogues of films hold most; any other code is shown as it is.
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
    """`1 film`, `4,961 films`."""
    return f"{whole(count)} film{'' if count == 1 else 's'}"


def span(first: int | None, last: int | None) -> str:
    """Two years: `1902 - 2017` with an en dash, one where they are the same, nothing for none."""
    known = [str(year) for year in (first, last) if year is not None]
    return " \u2013 ".join(dict.fromkeys(known))


def language(code: str | None) -> str:
    """The English name of a language code, or the code."""
    return _LANGUAGES.get(code or "", code or "")


def signed(change: float | None) -> str:
    """A change as a percentage with its sign, `+42 %`; `new` where there was nothing before."""
    if change is None:
        return "new"
    sign = "+" if change > 0 else "\u2212" if change < 0 else "\u00b1"
    return f"{sign}{abs(change) * 100:.0f}\u202f%"


def link_text(film: Mapping[str, Any]) -> str:
    """`Title (Year)`, the title alone without a year."""
    year = film.get("year")
    return str(film.get("title") or "Untitled") + (f" ({year})" if year is not None else "")


def listed(items: Sequence[str] | None, most: int = 8) -> str:
    """The first items, joined by commas; how many more there are."""
    some = list(items or [])
    more = f" and {len(some) - most} more" if len(some) > most else ""
    return ", ".join(some[:most]) + more
