"""Words that no name contains, and the normal form of a name.

The words are data: `config/lexicon/keywords.toml`; see `docs/lexicon.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.label.words.stop_words import stop_words_of
from pipeline.label.words.tables import read_tables
from pipeline.label.words.tokens import lemma, word_set, words_of

__all__ = ["is_boilerplate", "lemma", "normal_form", "word_set"]

_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|\d+")  # of English: hyphened words are one


@dataclass(frozen=True)
class _Boilerplate:
    """Words and phrases of one language."""

    words: frozenset[str]
    phrases: re.Pattern[str]


def is_boilerplate(term: str, language: str = "en", extra: str = "") -> bool:
    """Return whether a keyword says nothing about a theme, or names one person or character.

    Parameters
    ----------
    term : str
        A keyword in lower case.
    language : str
        ISO 639-1 of the keyword; English words count in all languages.
    extra : str
        Text of a user's file; see `read_user_file`.

    Examples
    --------
    >>> is_boilerplate("based on novel or book"), is_boilerplate("submarine")
    (True, False)
    >>> is_boilerplate("nach einer wahren geschichte", "de"), is_boilerplate("action comedy", "de")
    (True, True)
    """
    languages = ("en",) if language == "en" else ("en", language)
    own = [_boilerplate(code, extra) for code in languages]
    return all(any(word in each.words for each in own) for word in term.split()) or any(
        each.phrases.search(term) for each in own
    )


@lru_cache(maxsize=100_000)
def normal_form(text: str, language: str = "en") -> frozenset[str]:
    """Return the lemmas of the words of a name, without stop words.

    Two names that differ in word order, number or inflection only have the same normal form.

    Parameters
    ----------
    text : str
        A name or keyword.
    language : str
        ISO 639-1. In Japanese and Chinese, the words are the parts between spaces and signs.

    Examples
    --------
    >>> normal_form("Wars of the Wolves") == normal_form("Wolf War")
    True
    >>> normal_form("vampires et zombies", "fr") == normal_form("zombie de vampire", "fr")
    True
    """
    stop_words = _stop_words_of_names(language)
    words = _TOKEN.findall(text.lower()) if language == "en" else words_of(text)
    return frozenset(lemma(word, language) for word in words if word.lower() not in stop_words)


def _stop_words_of_names(language: str) -> frozenset[str]:
    own = read_tables().stop_words.get(language)
    return stop_words_of(language) if own is None else _frozen(own)


@lru_cache(maxsize=16)
def _frozen(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words)


@lru_cache(maxsize=32)
def _boilerplate(language: str, extra: str) -> _Boilerplate:
    tables = read_tables(extra)
    words = (*tables.boilerplate.get(language, ()), *tables.moods.get(language, ()))
    phrases = (
        *tables.boilerplate_phrases.get(language, ()),
        *tables.famous.get(language, ()),
    )
    pattern = "|".join(map(re.escape, phrases)) or "(?!)"
    # no spaces between words, or signs of vowels that \b does not know
    is_inside = language in ("hi", "ja", "zh")
    return _Boilerplate(
        frozenset(words), re.compile(pattern if is_inside else rf"\b(?:{pattern})\b")
    )
