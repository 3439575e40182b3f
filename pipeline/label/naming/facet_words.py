"""Facets in names: which of them stand there, in which order, and with which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from pipeline.label.naming.patterns import naming_data, place_rules
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.words.adjectives import decade_word, era_word, place_word, spoken_word

__all__ = ["facet_word", "facet_words", "facets_in_name", "in_order", "is_decade"]

_ORDER = ("era:classic", "decade", "era:silent", "country", "language", "form:short")
_SPOKEN = "{}-Language"


def facet_word(key: str, language: str = "en", extra: str = "") -> str | None:
    """Return the adjective of a facet.

    Parameters
    ----------
    key : str
        Key of the facet, such as "decade:1970".
    language : str
        ISO 639-1 of the name. In English, languages of many countries name no nation:
        "English-Language".
    extra : str
        Text of a user's file of words.

    Returns
    -------
    str or None
        With both genders, "masculine|feminine", where a language has them; see `with_adjective`.
        None if no word is known.

    Examples
    --------
    >>> [facet_word(key) for key in ("decade:1970", "era:silent", "country:HK", "language:hi")]
    ['1970s', 'Silent', 'Hong Kong', 'Hindi']
    >>> facet_word("language:en"), facet_word("country:QQ")
    ('English-Language', None)
    """
    kind, _, value = key.partition(":")
    if kind == "decade" and value.isdigit():
        return decade_word(int(value), language, extra)
    if key in ("era:silent", "era:classic"):
        return era_word(value, language, extra)
    if kind == "country":
        return place_word(value, language, extra)
    if kind == "language":
        spoken = spoken_word(value, language, extra)
        several = language == "en" and value in place_rules().world_languages
        return _SPOKEN.format(spoken) if several and spoken else spoken
    words: dict[str, str] = naming_data()["short"]
    return words.get(language, words["en"]) if key == "form:short" else None


def facet_words(keys: Sequence[str], language: str = "en", extra: str = "") -> list[str]:
    """Return the adjectives of facets; those of several countries are one compound.

    Examples
    --------
    >>> facet_words(["era:silent", "country:FR", "country:IT"])
    ['Silent', 'French-Italian']
    """
    found: list[str] = []
    nations: list[str] = []
    for key in keys:
        word = facet_word(key, language, extra)
        if word and language == "en" and key.startswith("country:"):
            nations.append(word)
            if len(nations) > 1:
                found.remove("-".join(nations[:-1]))
            word = "-".join(nations)
        if word:
            found.append(word)
    return found


def is_decade(key: str) -> bool:
    """Return whether a facet is a decade."""
    return key.startswith("decade:")


def facets_in_name(
    facets: Iterable[int], vocabulary: PartVocabulary, language: str = "en", extra: str = ""
) -> tuple[int, ...]:
    """Return the facets that a name states, in the order of an English name.

    A decade says more than "classic". Of a language and the country where it is spoken one is
    stated: the country, or the language where the country has many ("Hindi").

    Parameters
    ----------
    facets : iterable of int
        Numbers of PARTS.
    vocabulary : PartVocabulary
        The parts.
    language : str
        ISO 639-1 of the name.
    extra : str
        Text of a user's file of words.
    """
    keys = {vocabulary[number].key: number for number in sorted(facets)}
    known = {key: number for key, number in keys.items() if facet_word(key, language, extra)}
    if any(is_decade(key) for key in known):
        known.pop("era:classic", None)
    for country in [key for key in known if key.startswith("country:")]:
        for spoken in [key for key in known if key.startswith("language:")]:
            if country in known and _same_nation(country[8:], spoken[9:]):
                known.pop(country if country[8:] in place_rules().by_language else spoken)
    return in_order(known.values(), vocabulary)


def in_order(facets: Iterable[int], vocabulary: PartVocabulary) -> tuple[int, ...]:
    """Return facets in the order of an English name: era, decade, country, language."""
    keys = {number: vocabulary[number].key for number in facets}
    return tuple(sorted(keys, key=lambda number: (_place(keys[number]), keys[number])))


def _place(key: str) -> int:
    return next(number for number, start in enumerate(_ORDER) if key.startswith(start))


@cache
def _same_nation(country: str, language: str) -> bool:
    from babel.languages import get_official_languages

    own = place_rules().languages.get(country)
    if own is None:
        found = get_official_languages(country, de_facto=True)
        own = tuple(code.partition("_")[0] for code in found)
    return language in own
