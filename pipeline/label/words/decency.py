"""Words that names do not print, words that are no subjects, and words of tone.

The words are data: `config/lexicon/banned.toml`; see `docs/lexicon.md`.
"""

from __future__ import annotations

from functools import lru_cache

from pipeline.label.words.tables import read_tables
from pipeline.label.words.tokens import fold, lemma, words_of

__all__ = ["is_abstract", "is_banned", "is_tone"]

_INSIDE = frozenset(("ja", "zh"))  # no spaces between words


def is_banned(phrase: str, language: str = "en", adult: bool = False, extra: str = "") -> bool:
    """Return whether a phrase has a word that names do not print.

    Parameters
    ----------
    phrase : str
        A word, phrase or name, in any case.
    language : str
        ISO 639-1 of the phrase. English words are banned in all languages.
    adult : bool
        Whether the adult filter is off (`fetch.include_adult`): words of sex may then be printed.
    extra : str
        Text of a user's file; see `read_user_file`.

    Examples
    --------
    >>> is_banned("Softcore Drama"), is_banned("softcore drama", adult=True), is_banned("savages")
    (True, False, True)
    >>> is_banned("Essex Schools"), is_banned("tramping")
    (False, False)
    """
    names = ("banned",) if adult else ("banned", "adult")
    languages = ("en",) if language == "en" else ("en", language)
    return any(
        _has_one_of(phrase, _phrases(name, code, extra), code)
        for name in names
        for code in languages
    )


def is_abstract(phrase: str, language: str = "en", extra: str = "") -> bool:
    """Return whether a whole phrase is an abstraction, or says nothing about a film.

    Examples
    --------
    >>> is_abstract("the past"), is_abstract("Symbolism"), is_abstract("past life")
    (False, True, False)
    """
    if phrase in read_tables(extra).subjects.get("en", {}):  # "brothers" is a subject
        return False
    own = _phrases("abstract", language, extra)
    words = tuple(fold(word) for word in words_of(phrase))
    return words in own or tuple(lemma(word, language) for word in words) in own


def is_tone(word: str, language: str = "en", extra: str = "") -> bool:
    """Return whether a word is a tone that may stand before a form.

    Examples
    --------
    >>> is_tone("Gritty"), is_tone("vampire")
    (True, False)
    """
    return tuple(fold(part) for part in words_of(word)) in _phrases("tones", language, extra)


def _has_one_of(phrase: str, phrases: frozenset[tuple[str, ...]], language: str) -> bool:
    if language in _INSIDE:
        text = fold(phrase)
        return any(word in text for own in phrases for word in own)
    words = [fold(word) for word in words_of(phrase)]
    # a plural is banned like its word; other inflections are words of their own ("sexes", "nut")
    singular = [word.removesuffix("s") for word in words]
    longest = max(map(len, phrases), default=0)
    return any(
        tuple(forms[start : start + length]) in phrases
        for forms in (words, singular)
        for length in range(1, longest + 1)
        for start in range(len(forms) - length + 1)
    )


@lru_cache(maxsize=64)
def _phrases(name: str, language: str, extra: str) -> frozenset[tuple[str, ...]]:
    """The folded words of each phrase of a table."""
    own: dict[str, tuple[str, ...]] = getattr(read_tables(extra), name)
    return frozenset(
        tuple(fold(word) for word in words_of(phrase)) for phrase in own.get(language, ())
    )
