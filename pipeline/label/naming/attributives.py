"""English subjects as they stand before a noun: singular, without "relationship" or "theme"."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from pipeline.label.naming.capitals import SMALL_WORDS
from pipeline.label.naming.patterns import english_rules
from pipeline.label.words.lexicon import lemma
from pipeline.schemas.words.places import country_adjective, language_adjective

__all__ = ["attributive", "genre_roots", "is_compound", "joined_compound", "nations", "singular"]

_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_RELATIONSHIP = frozenset(("relationship", "relationships"))


@lru_cache(maxsize=100_000)
def attributive(phrase: str) -> str:
    """Return a subject as it stands before a noun, in the case of the phrase and without hyphens.

    Parameters
    ----------
    phrase : str
        A keyword, or the printed form of a subject.

    Returns
    -------
    str
        Singular; without brackets, the country of a place, "relationship" and "theme". "" for a
        keyword about the source of a film.

    Examples
    --------
    >>> [attributive(phrase) for phrase in ("vampires", "martial arts", "mother son relationship")]
    ['vampire', 'martial arts', 'mother-son']
    >>> [attributive(phrase) for phrase in ("gay theme", "paris, france", "based on novel or book")]
    ['gay', 'paris', '']
    """
    rules = english_rules()
    text = " ".join(_BRACKETS.sub(" ", phrase).partition(",")[0].split())
    lower = text.lower()
    if lower.startswith(rules.sources):
        return ""
    if lower in rules.written:
        return rules.written[lower]
    words = text.split()
    if len(words) > 1 and words[-1].lower() in rules.empty:
        words = words[:-1]
    if len(words) > 1 and words[-1].lower() in _RELATIONSHIP:
        words = _related_persons(words[:-1]) or words
    if not words:
        return ""
    if not any(word.lower() in SMALL_WORDS for word in words):  # the head is not the last word
        words[-1] = singular(words[-1])
    return " ".join(words)


def singular(word: str) -> str:
    """Return the singular of an English noun as it stands before another noun.

    Examples
    --------
    >>> [singular(word) for word in ("wolves", "arts", "boxing", "circus", "princesses")]
    ['wolf', 'arts', 'boxing', 'circus', 'princess']
    """
    rules = english_rules()
    lower = word.lower()
    if lower in rules.singulars:
        return rules.singulars[lower]
    if lower in rules.plural or not lower.endswith("s") or lower.endswith(("ss", "us", "is")):
        return word
    if "'" in lower or lower.count("-") > 1 or any(letter.isdigit() for letter in lower):  # "1960s"
        return word
    start, hyphen, last = lower.rpartition("-")
    found = lemma(last)
    if found == last or last not in _plurals(found):
        return word
    return start + hyphen + found


def is_compound(phrase: str) -> bool:
    """Return whether two words before a noun are one modifier that English writes with a hyphen.

    Examples
    --------
    >>> [is_compound(phrase) for phrase in ("haunted house", "high school", "new york", "ghost")]
    [True, False, False, False]
    """
    rules = english_rules()
    words = phrase.lower().split()
    if len(words) != 2 or phrase.lower() in rules.open:
        return False
    first, second = words
    return not (
        "-" in phrase
        or "'" in phrase
        or "\u2019" in phrase
        or any(word in SMALL_WORDS or word in rules.proper or word in nations() for word in words)
        or any(not letter.isascii() and not letter.isalpha() for letter in phrase.replace(" ", ""))
        or first in rules.first
        or (first.endswith("ly") and lemma(first) == first and first not in ("family", "fly"))
        or (first[:1].isdigit() and first.endswith("s"))  # "1960s counterculture"
        or phrase[:1].isupper()  # the lexicon writes names with capitals
        or second[:1].isdigit()
    )


def joined_compound(phrase: str) -> str:
    """Return the two words of a compound with a hyphen; another phrase as it is.

    Examples
    --------
    >>> joined_compound("kung fu"), joined_compound("world war ii")
    ('kung-fu', 'world war ii')
    """
    return phrase.replace(" ", "-") if is_compound(phrase) else phrase


def genre_roots(genre: str) -> frozenset[str]:
    """Return the words in lower case that say a genre, such as "romantic"."""
    return english_rules().roots.get(genre) or frozenset(map(lemma, genre.lower().split()))


def _related_persons(words: list[str]) -> list[str]:
    """The words before "relationship", if they are persons: "father son" gives "father-son"."""
    relatives = english_rules().relatives
    parts = [singular(word.lower()) for word in " ".join(words).replace("-", " ").split()]
    joined = "-".join(dict.fromkeys(parts))
    known = joined in relatives or all(part in relatives for part in parts)
    return [joined] if parts and known else []


def _plurals(word: str) -> tuple[str, ...]:
    """The plural forms that an English noun could have."""
    return (
        f"{word}s",
        f"{word}es",
        f"{word[:-1]}ies",
        f"{word.removesuffix('e').removesuffix('f')}ves",
    )


@cache
def nations() -> frozenset[str]:
    """Words of the names and adjectives of countries and languages, in lower case."""
    from babel import Locale

    locale = Locale("en")
    countries = {str(code): str(name) for code, name in locale.territories.items()}
    countries = {code: name for code, name in countries.items() if len(code) == 2}
    texts = [*countries.values(), *(country_adjective(code) or "" for code in countries)]
    languages = [str(code) for code in locale.languages if len(str(code)) == 2]
    texts += [language_adjective(code) or "" for code in languages]
    found = {word for text in texts for word in re.findall(r"[^\W\d_]{4,}", text.lower())}
    return frozenset(found) - english_rules().common
