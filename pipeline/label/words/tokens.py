"""Words of a text in any script, and their lemmas."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["fold", "lemma", "tokens", "without_particle", "word_set", "words_of"]

_SIGNS = '.!?\u2026\u0964\u3002\uff01\uff1f:;,\uff0c\u3001\n"\u201c\u201d\u00ab\u00bb()'
# Letters and digits, with the signs of vowels of Devanagari; or a sign that ends a phrase.
_TOKEN = re.compile(rf"(?:[^\W_]|[\u0900-\u0963\u0966-\u097f])+|[{re.escape(_SIGNS)}]")
_BREAKS = frozenset(_SIGNS)
_NUKTA = "\u093c"
_FOLDED = str.maketrans({"\u0451": "\u0435", _NUKTA: None})  # e with two dots; dots of Hindi


def tokens(text: str) -> list[str]:
    """Return the words of a text as written, and the signs that end a sentence or phrase.

    Words are cut at hyphens and apostrophes.

    Examples
    --------
    >>> tokens("A haunted-house ghost's tale. \u0938\u093e\u0901\u092a")
    ['A', 'haunted', 'house', 'ghost', 's', 'tale', '.', '\u0938\u093e\u0901\u092a']
    """
    return _TOKEN.findall(text)


def words_of(text: str) -> list[str]:
    """Return the words of a text as written, without signs.

    Examples
    --------
    >>> words_of("Kung-fu, again!")
    ['Kung', 'fu', 'again']
    """
    return [word for word in _TOKEN.findall(text) if word not in _BREAKS]


def word_set(text: str) -> frozenset[str]:
    """Return the distinct parts of a text between spaces."""
    return frozenset(text.split())


def fold(word: str) -> str:
    """Return a word in lower case and in one spelling of its letters.

    Examples
    --------
    >>> fold("\u0427\u0451\u0440\u043d\u044b\u0439"), fold("Vampire")
    ('\u0447\u0435\u0440\u043d\u044b\u0439', 'vampire')
    """
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFC", word.lower()).translate(_FOLDED)


def without_particle(word: str) -> str:
    """Return a Korean word without the particle at its end; other words as they are.

    At least two letters stay, so that few nouns lose their last one.

    Examples
    --------
    >>> without_particle("\ud615\uc0ac\uac00"), without_particle("ghost")
    ('\ud615\uc0ac', 'ghost')
    """
    if not "\uac00" <= word[-1:] <= "\ud7a3":
        return word
    for particle in _particles():
        if word.endswith(particle) and len(word) >= len(particle) + 2:
            return word.removesuffix(particle)
    return word


@cache
def _particles() -> tuple[str, ...]:
    return tuple(read_lexicon("noun_markers")["korean"]["particles"])


@lru_cache(maxsize=100_000)
def lemma(word: str, language: str = "en") -> str:
    """Return the dictionary form of a word, in lower case.

    Parameters
    ----------
    word : str
        One word. Its capitals say nothing, but in German, where they mark nouns.
    language : str
        ISO 639-1. A word of a language that simplemma does not have is its own lemma; a Korean one
        loses its particle.

    Examples
    --------
    >>> lemma("Wolves"), lemma("H\u00e4user", "de"), lemma("\u5974\u96b7", "zh")
    ('wolf', 'haus', '\u5974\u96b7')
    """
    import simplemma
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    if language not in SUPPORTED_LANGUAGES:
        return without_particle(fold(word))
    if language != "de" or word.isupper():
        word = word.lower()
    return fold(simplemma.lemmatize(word, lang=language))
