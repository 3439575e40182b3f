"""Function words of many languages, and of English with their contractions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import pyarrow as pa

from pipeline.label.words.tables import read_tables
from pipeline.label.words.tokens import word_set
from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = [
    "catalogue_languages",
    "determiners_of",
    "english_stop_words",
    "has_contraction",
    "is_stop_word",
    "name_language",
    "split_elision",
    "stop_words_of",
]

_COMMON = 0.05  # share of the films from which a language is one of the catalogue
_SAME = {"nb": "no", "nn": "no"}  # codes of py3langid by those of stopwordsiso
_APOSTROPHES = "'\u2019\u02bc`\u00b4\u2032\uff07"
_CONTRACTION = re.compile(rf"(?:[{_APOSTROPHES}](?:s|re|ve|ll|d|m)|(n?)[{_APOSTROPHES}]t)$")
_ELIDED = re.compile(
    rf"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|un|gli|quest|quell|bell|sant|(?:de|a|da|ne|su|co)?ll)"
    rf"[{_APOSTROPHES}](?=\w{{3}})"
)

# Function words before a contraction that are no stop words of their own.
_PRONOUNS = word_set("you somebody anybody everybody nobody everyone someone y'all that this there")
# Contractions that are written without their apostrophe.
_UNMARKED = word_set(
    "arent couldnt didnt doesnt dont hadnt hasnt havent hes isnt ive shes shouldnt thats theyre "
    "theyve wasnt werent whats whos wouldnt youre youve"
)


@cache
def english_stop_words() -> frozenset[str]:
    """Return the words of `stop_words.en` in `config/lexicon/keywords.toml`.

    They are those of names: more than function words, such as "finds" and "world".
    """
    return frozenset(read_tables().stop_words["en"])


def is_stop_word(word: str) -> bool:
    """Return whether an English word in lower case is a function word, contracted or not.

    Examples
    --------
    >>> [is_stop_word(word) for word in ("she", "she's", "they\u2019re", "couldn't", "nurse's")]
    [True, True, True, True, False]
    """
    return word in english_stop_words() or word in _UNMARKED or has_contraction(word)


def has_contraction(word: str) -> bool:
    """Return whether an English word in lower case is a contracted function word ("who's").

    Examples
    --------
    >>> [has_contraction(word) for word in ("who's", "he\u2019ll", "ain't", "who", "ship's")]
    [True, True, True, False, False]
    """
    found = _CONTRACTION.search(word)
    if found is None:
        return False
    return found[1] == "n" or word[: found.start()] in english_stop_words() | _PRONOUNS


@cache
def stop_words_of(language: str) -> frozenset[str]:
    """Return the function words of a language, in lower case; none if it is unknown.

    Parameters
    ----------
    language : str
        ISO 639-1.

    Notes
    -----
    The words are those of the package `stopwordsiso`, with additions and exceptions of
    `config/lexicon/stop_words.toml`.

    Examples
    --------
    >>> [word in stop_words_of("de") for word in ("w\u00e4hrend", "polizist")]
    [True, False]
    """
    import stopwordsiso

    changes = _changes()
    words = stopwordsiso.stopwords(_SAME.get(language, language)) | set(
        changes["more"].get(language, ())
    )
    return frozenset(words - set(changes["less"].get(language, ())))


@cache
def determiners_of(language: str) -> frozenset[str]:
    """Return the words before nouns in a language that writes nouns with a capital; else none."""
    return frozenset(_changes()["determiners"].get(language, ()))


def catalogue_languages(languages: Iterable[pa.Table]) -> list[str]:
    """Return the languages in which a twentieth of a catalogue's texts is written.

    Parameters
    ----------
    languages : iterable of pa.Table
        LANGUAGES of each partition; films of unknown language are not counted.

    Returns
    -------
    list of str
        ISO 639-1, the most frequent first, then by alphabet.

    Examples
    --------
    >>> found = pa.table({"text_language": ["de"] * 30 + ["en"] * 19 + ["fr", None]})
    >>> catalogue_languages([found])
    ['de', 'en']
    """
    films: Counter[str] = Counter()
    for part in languages:
        films.update(code for code in part.column("text_language").to_pylist() if code)
    ordered = sorted(films.items(), key=lambda item: (-item[1], item[0]))
    return [code for code, count in ordered if count >= _COMMON * films.total()]


def name_language(setting: str, known_languages: Sequence[str]) -> str:
    """Return the language in which micro-genres are named, ISO 639-1.

    Parameters
    ----------
    setting : str
        `label.language`: a language, or "auto" for the most frequent one of the texts.
    known_languages : sequence of str
        `catalogue_languages`.

    Examples
    --------
    >>> name_language("auto", ["de", "en"]), name_language("fr", ["de"]), name_language("auto", [])
    ('de', 'fr', 'en')
    """
    return setting if setting != "auto" else next(iter(known_languages), "en")


def split_elision(word: str) -> tuple[str, str]:
    """Return the elided article of a French or Italian word, and the rest.

    Examples
    --------
    >>> split_elision("l'homme"), split_elision("dell\u2019amore"), split_elision("ship's")
    (("l'", 'homme'), ('dell\u2019', 'amore'), ('', "ship's"))
    """
    found = _ELIDED.match(word)
    return ("", word) if found is None else (word[: found.end()], word[found.end() :])


@cache
def _changes() -> dict[str, dict[str, list[str]]]:
    return read_lexicon("stop_words")
