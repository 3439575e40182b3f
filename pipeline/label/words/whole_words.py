"""Find phrases in texts as whole words, in any inflection: "haunted houses" is "haunted house".

This is the plain matching by which names are measured; `docs/name-truth.md` defines it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pipeline.label.words.tokens import fold, lemma, words_of

__all__ = ["WholeWords", "word_forms"]

# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_SHORTEST_STEM = 3  # letters before a plural "s": "gas" is no plural


@lru_cache(maxsize=100_000)
def word_forms(word: str, language: str = "en") -> frozenset[str]:
    """Return the forms of a word; two words that share one are the same word.

    Parameters
    ----------
    word : str
        One word, in any case.
    language : str
        ISO 639-1 code of the text.

    Returns
    -------
    frozenset of str
        The word itself, its lemma, and in English its form without the plural "s". An English word
        in "-ing" is its own lemma: "boxing" is no "box".

    Examples
    --------
    >>> sorted(word_forms("Wolves")), sorted(word_forms("boxing"))
    (['wolf', 'wolve', 'wolves'], ['boxing'])
    >>> sorted(word_forms("H\u00e4user", "de"))
    ['haus', 'h\u00e4user']
    """
    plain = fold(word)
    forms = {plain}
    if language != "en":
        return frozenset({plain, lemma(plain, language)})
    if not plain.endswith("ing"):
        forms.add(lemma(plain))
    if plain.endswith("s") and len(plain) > _SHORTEST_STEM + 1 and not plain.endswith("ss"):
        forms.add(plain[:-1])
    return frozenset(forms)


class WholeWords:
    """Some phrases to find in texts; each word of a phrase must be there, in order.

    Parameters
    ----------
    phrases : iterable of str
        Words and phrases, in any case. Phrases in scripts without spaces are found inside words.
    language : str
        ISO 639-1 code of the phrases and texts.

    Examples
    --------
    >>> ghosts = WholeWords(["ghost", "haunted house"])
    >>> ghosts.are_in(["A family buys a house.", "haunted-house"]), ghosts.are_in(["Aghostly!"])
    (True, False)
    """

    def __init__(self, phrases: Iterable[str], language: str = "en") -> None:
        self._language = language
        self._inside: list[str] = []
        # by the forms of the first word, so that a text is read once for all phrases
        self._phrases: dict[str, list[tuple[frozenset[str], ...]]] = {}
        for phrase in dict.fromkeys(phrases):
            if _UNSPACED.search(phrase):
                self._inside.append(fold(phrase))
                continue
            words = tuple(word_forms(word, language) for word in words_of(phrase))
            for form in words[0] if words else ():
                self._phrases.setdefault(form, []).append(words)

    def are_in(self, texts: Iterable[str | None]) -> bool:
        """Return whether one of the phrases stands in one of the texts; None is an empty text."""
        return any(self._is_in(text) for text in texts if text)

    def _is_in(self, text: str) -> bool:
        if self._inside:
            plain = fold(text)
            if any(phrase in plain for phrase in self._inside):
                return True
        if not self._phrases:
            return False
        words = [word_forms(word, self._language) for word in words_of(text)]
        return any(
            all(not own.isdisjoint(word) for own, word in zip(phrase, words[start:], strict=False))
            for start, forms in enumerate(words)
            for form in forms
            for phrase in self._phrases.get(form, ())
            if start + len(phrase) <= len(words)
        )
