"""Languages and countries as catalogues write them, their codes, and the adjectives they give.

A catalogue writes "en", "eng", "English" or "Englisch" for one language, and "US", "USA" or
"United States of America" for one country. Names come from the Unicode CLDR (package Babel); what
it lacks is in `config/lexicon/places.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = [
    "country_adjective",
    "country_code",
    "country_codes",
    "language_adjective",
    "language_code",
]

# Languages in which catalogues write the names of languages and countries.
_WRITTEN_IN = ("en", "de", "fr", "es", "it", "pt", "ru", "hi", "ja", "zh", "zh_Hant", "ko", "nl")
_CODE = re.compile(r"[A-Za-z]{2,3}(?=[-_]|$)")  # "pt" in "pt-BR"
_TWO_LETTERS = re.compile(r"[A-Z]{2}")
_NO_LANGUAGE = ("und", "mul", "mis")  # undetermined, several, without code
_WITHOUT = "zxx"  # a film without language
_ISO_639_2 = 3  # letters of a code of ISO 639-2
_BRACKETS = re.compile(r"\s*[(\[].*$")


@dataclass(frozen=True)
class _Places:
    """Codes by name or alias in lower case, and adjectives by code."""

    languages: dict[str, str]
    language_adjectives: dict[str, str]
    countries: dict[str, str]
    country_adjectives: dict[str, str]


@lru_cache(maxsize=10_000)
def language_code(written: str | None) -> str | None:
    """Return the code of a language.

    Parameters
    ----------
    written : str or None
        A code of ISO 639 or a locale ("pt-BR"), or a name in one of thirteen languages.

    Returns
    -------
    str or None
        ISO 639-1, or 639-3 for a language without a shorter code; "zxx" for a film without
        language. None if the language is unknown: it is not guessed.

    Examples
    --------
    >>> [language_code(written) for written in ("en", "eng", "Englisch", "pt-BR", "cn", "Elvish")]
    ['en', 'en', 'en', 'pt', 'yue', None]
    """
    if written is None:
        return None
    known = _places().languages
    name = _plain(written)
    code = known.get(name)
    if code is None and (start := _CODE.match(name)):
        code = known.get(start.group())
    return code


@lru_cache(maxsize=10_000)
def country_code(written: str | None) -> str | None:
    """Return the code of a country.

    Parameters
    ----------
    written : str or None
        A code of ISO 3166-1 with two or three letters, or a name in one of thirteen languages.

    Returns
    -------
    str or None
        ISO 3166-1 alpha-2, or the former code of a country that is no more ("SU"). None if the
        country is unknown.

    Examples
    --------
    >>> [country_code(name) for name in ("US", "USA", "United Kingdom", "Frankreich", "USSR", "?")]
    ['US', 'US', 'GB', 'FR', 'SU', None]
    """
    return None if written is None else _places().countries.get(_plain(written))


def country_codes(written: Iterable[str] | None) -> list[str]:
    """Return the distinct codes of the countries that are known, in their order.

    Examples
    --------
    >>> country_codes(["France", "fr", "Atlantis", "Hong Kong"])
    ['FR', 'HK']
    """
    codes = (country_code(name) for name in written or ())
    return list(dict.fromkeys(code for code in codes if code is not None))


def language_adjective(code: str) -> str | None:
    """Return what films in a language are called in English, or None if no word is known.

    Examples
    --------
    >>> language_adjective("hi"), language_adjective("yue"), language_adjective("zxx")
    ('Hindi', 'Cantonese', None)
    """
    return _places().language_adjectives.get(code)


def country_adjective(code: str) -> str | None:
    """Return what films from a country are called in English, or None if no word is known.

    Examples
    --------
    >>> country_adjective("FR"), country_adjective("HK"), country_adjective("SU")
    ('French', 'Hong Kong', 'Soviet')
    """
    return _places().country_adjectives.get(code)


def _plain(written: str) -> str:
    name = " ".join(_BRACKETS.sub("", written).lower().replace("\u2019", "'").split())
    return name.removeprefix("the ")


@cache
def _places() -> _Places:
    from babel.core import get_global

    data = read_lexicon("places")
    english_languages, english_countries = _names_in("en")
    languages: dict[str, str] = {}
    countries: dict[str, str] = {}
    for tag in _WRITTEN_IN:
        for known, names in zip((languages, countries), _names_in(tag), strict=True):
            for code, name in names.items():
                known.setdefault(_plain(name), code)
    # a code is stronger than a name in some language that is written alike
    languages |= {code: code for code in english_languages}
    countries |= {code.lower(): code for code in english_countries}
    for alias, code in sorted(get_global("language_aliases").items()):
        if code in english_languages and len(alias) == _ISO_639_2:
            languages[alias] = code
    for alias, codes in sorted(get_global("territory_aliases").items()):
        if len(codes) == 1 and alias.isalpha():
            countries[alias.lower()] = codes[0]
    own = data["language_codes"]
    languages = {name: own.get(code, code) for name, code in languages.items()} | own
    languages = {name: code for name, code in languages.items() if code not in _NO_LANGUAGE}
    countries |= data["country_codes"]
    countries |= {code.lower(): code for code in data["country_adjectives"]}
    distinct = set(languages.values()) - {_WITHOUT}
    adjectives = {code: name for code, name in english_languages.items() if code in distinct}
    return _Places(
        languages, adjectives | data["language_names"], countries, data["country_adjectives"]
    )


def _names_in(tag: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names of languages and of countries in one language, by code."""
    from babel import Locale

    locale = Locale.parse(tag)
    languages = {code: str(name) for code, name in sorted(locale.languages.items())}
    countries = {code: str(name) for code, name in sorted(locale.territories.items())}
    return (
        {code: name for code, name in languages.items() if "_" not in code},
        {code: name for code, name in countries.items() if _TWO_LETTERS.fullmatch(code)},
    )
