"""Normal forms of terms: the same for plurals, inflections and spellings with hyphens."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import simplemma

from pipeline.label.words.stop_words import determiners_of
from pipeline.label.words.tokens import fold, lemma

__all__ = ["normal_form", "normal_forms", "noun_lemma"]

# English plurals without "s", beside those in "-men"
_PLURALS = frozenset(("children", "feet", "geese", "mice", "oxen", "people", "teeth"))


def normal_forms(terms: Iterable[tuple[str, str]]) -> list[str]:
    """Return `normal_form` of each (term, language).

    Examples
    --------
    >>> normal_forms([("base-ball", "en"), ("baseball", "en"), ("haunted houses", "en")])
    ['baseball', 'baseball', 'hauntedhouse']
    """
    return [normal_form(term, language) for term, language in terms]


def normal_form(term: str, language: str) -> str:
    """Return the dictionary forms of the words of a term, without what stands between them.

    Parameters
    ----------
    term : str
        A term in lower case.
    language : str
        ISO 639-1.
    """
    return "".join([_word(word, language) for word in term.split(" ")])


@lru_cache(maxsize=50_000)
def _word(word: str, language: str) -> str:
    parts = word.replace("'s", "").replace("\u2019s", "").replace(".", "").split("-")
    return "".join(_form(part, language) for part in parts if part)


def _form(word: str, language: str) -> str:
    # In English only plurals are merged: "boxing" is no "box", "haunted" is not "haunt".
    if language == "en" and not word.endswith(("s", "men")) and word not in _PLURALS:
        return fold(word)
    return noun_lemma(word, language)


def noun_lemma(word: str, language: str) -> str:
    """Return the dictionary form of a noun in lower case.

    In a language that writes nouns with a capital it is looked up so: "haus" is no "hausen".

    Examples
    --------
    >>> noun_lemma("haus", "de"), noun_lemma("polizisten", "de"), noun_lemma("chevaux", "fr")
    ('haus', 'polizist', 'cheval')
    """
    if not determiners_of(language):
        return lemma(word, language)
    return str(simplemma.lemmatize(word.capitalize(), lang=language)).lower()
