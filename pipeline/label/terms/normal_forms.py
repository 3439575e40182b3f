"""Normal forms of terms: the same for plurals, inflections and spellings with hyphens."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pipeline.label.words.tokens import fold, lemma

__all__ = ["normal_form", "normal_forms"]

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
    return lemma(word, language)
