"""Parsers of directors and actors, from lists of names and from the credits of TMDB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pipeline.sources.parsing.lists import Folded, entries, first_of_each, folded_name

__all__ = ["cast", "directors"]

# Two full names joined by a word; "Joel and Ethan Coen" or "Simon and Garfunkel" are unchanged.
_AND = re.compile(r"\s+(?:and|&|und|et|y|e|i|og|och|и|та|và)\s+", re.IGNORECASE)
_SLASH = re.compile(r"\s*/\s*")
_LEADING_AND = re.compile(r"^\s*(?:and|&|und|et)\s+(?=\S+\s)", re.IGNORECASE)
_FULL_NAME = re.compile(r"(?!(?:the|his|her|their|die|les|los|las)\s)[^\s,]+\s+[^\s,].*", re.I)
# "(voice)", "(as B. Lint)", "(uncredited)": notes on a credit behind a name.
_NOTE = re.compile(
    r"\s*[(\[](?:also |singing |english |original )?(?:voices?|stimme|sprecher|voix|voz|voces"
    r"|vozes|voce|voci|голос|声优?|配音|声の出演|uncredited|credit only|credited|not credited"
    r"|archive|stock|as|als|como|co-?director|director|directed|co-?directed|creator|created"
    r"|regie|réalisateur|guest|cameo|narrator|self|himself|herself|segment|(?:\d+ )?episodes?"
    r"|scenes? deleted|deleted|unconfirmed|[ivx]+)\b[^()\[\]]*[)\]]?$",
    re.IGNORECASE,
)
_ROLE = re.compile(r"\s+(?:as|\.{2,}|…)\s+\S.*$", re.DOTALL)  # "Bo Lint as Bo", "Bo Lint ... Bo"
_LABEL = re.compile(
    r"^\s*(?:(?:directors?|directed by|stars?|starring|cast|with|actors?|regie|dir\.)\s*:"
    r"|directed by\s)\s*",
    re.IGNORECASE,
)
_LONGEST = 300  # characters of a name that may have notes
_CACHED = 2**16  # entries in memory


def _split(name: str) -> list[str]:
    """Return the two or more full names that a text joins by "and", else the text.

    Examples
    --------
    >>> _split("Ada Quill and Ed Bray"), _split("Joel and Ethan Coen")
    (['Ada Quill', 'Ed Bray'], ['Joel and Ethan Coen'])
    """
    parts = _SLASH.split(name) if "/" in name else _AND.split(_LEADING_AND.sub("", name))
    return parts if all(_FULL_NAME.fullmatch(part) for part in parts) else [name]


def _people(found: Iterable[object]) -> list[str] | None:
    """Return names without notes on their credits."""
    named: list[Folded | None] = []
    for entry in found:
        if isinstance(entry, str) and len(entry) <= _LONGEST:
            named += _credited(entry)
        else:
            named.append(folded_name(entry))
    return first_of_each(named)


@lru_cache(_CACHED)
def _credited(entry: str) -> tuple[Folded | None, ...]:
    """Return the names of an entry, each entry once: most persons have more than one film."""
    # No-break spaces stay: they are parts of letters in text of a wrong encoding.
    name = _LABEL.sub("", entry).strip(" \t\r\n")
    while name[-1:] in (")", "]") and (shorter := _NOTE.sub("", name)) != name:
        name = shorter
    parts = [name] if name.isalpha() else _split(_ROLE.sub("", name))
    return tuple(map(folded_name, parts))


def _type(entry: object) -> str:
    """Return the type of a person of Jellyfin or Emby, such as "Actor"; empty if there is none."""
    found = entry.get("Type") if isinstance(entry, Mapping) and "Name" in entry else None
    return found if isinstance(found, str) else ""


def _job(entry: object) -> str:
    job = entry.get("job") if isinstance(entry, Mapping) else None
    return str(job) if job is not None else _type(entry)


def directors(value: object) -> list[str] | None:
    """Return the names of directors, also from a `crew` list or `credits` object of TMDB.

    Examples
    --------
    >>> directors("Ada Quill and Ed Bray"), directors("N/A, Ada Quill")
    (['Ada Quill', 'Ed Bray'], ['Ada Quill'])
    >>> directors('[{"job": "Writer", "name": "W"}, {"job": "Director", "name": "D"}]')
    ['D']
    """
    found = entries(value, part="crew")
    return _people([entry for entry in found if _job(entry) in ("", "Director")])


def cast(value: object) -> list[str] | None:
    """Return the names of actors in billing order, also from a `credits` object of TMDB.

    Examples
    --------
    >>> cast("Bo Lint (voice), Cy Marr as the Captain")
    ['Bo Lint', 'Cy Marr']
    """
    found = entries(value, part="cast")
    return _people([entry for entry in found if _type(entry) in ("", "Actor", "GuestStar")])
