"""From texts to the terms that are indexed and searched: normal form, stems, stop words."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import bm25s.stopwords as lists
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import Stemmer

__all__ = ["Analyser", "normal_form", "normal_text", "split_texts", "squeezed", "words_of"]

# ISO 639-1 code -> name of the Snowball stemmer and its stop words
_LANGUAGES: dict[str, tuple[str, Sequence[str]]] = {
    "da": ("danish", lists.STOPWORDS_DANISH),
    "de": ("german", lists.STOPWORDS_GERMAN),
    "en": ("english", lists.STOPWORDS_EN_PLUS),
    "es": ("spanish", lists.STOPWORDS_SPANISH),
    "fr": ("french", lists.STOPWORDS_FRENCH),
    "it": ("italian", lists.STOPWORDS_ITALIAN),
    "nl": ("dutch", lists.STOPWORDS_DUTCH),
    "no": ("norwegian", lists.STOPWORDS_NORWEGIAN),
    "pt": ("portuguese", lists.STOPWORDS_PORTUGUESE),
    "ru": ("russian", lists.STOPWORDS_RUSSIAN),
    "sv": ("swedish", lists.STOPWORDS_SWEDISH),
    "tr": ("turkish", lists.STOPWORDS_TURKISH),
}
_STEMMED_ONLY = {
    "ca": "catalan",
    "el": "greek",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "hu": "hungarian",
    "id": "indonesian",
    "ro": "romanian",
}
# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, kana and Chinese characters.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_APOSTROPHES = "'\u2019`"
_FINAL_SIGMA, _SIGMA = "\u03c2", "\u03c3"  # one letter, at the end of a word and inside it
_ARTICLE = re.compile(r"^(the|a|an|le|la|les|l|el|los|las|der|die|das|il|lo) (?=.)")


def normal_form(texts: pa.Array) -> pa.Array:
    """Return texts in lower case, without accents, with single spaces instead of punctuation.

    Apostrophes are removed, so that "Schindler's" is one word.

    Parameters
    ----------
    texts : pyarrow.Array of string
        Texts; null counts as empty.

    Examples
    --------
    >>> normal_form(pa.array(["Schindler's  Amélie: Spider-Man", None])).to_pylist()
    ['schindlers amelie spider man', '']
    """
    plain = pc.utf8_normalize(pc.utf8_lower(pc.fill_null(texts, "")), "NFKD")
    plain = pc.replace_substring_regex(plain, f"[\\p{{M}}{_APOSTROPHES}]", "")
    plain = pc.replace_substring(plain, _FINAL_SIGMA, _SIGMA)
    # NFKD takes Hangul apart; NFKC joins it again
    plain = pc.utf8_normalize(plain, "NFKC")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, r"[^\p{L}\p{N}]+", " "))


def squeezed(normal: str) -> str:
    """Return a text of normal form without its first article and without spaces.

    Two spellings of a title are compared in this form.

    Examples
    --------
    >>> squeezed("the god father")
    'godfather'
    """
    return _ARTICLE.sub("", normal).replace(" ", "")


def split_texts(texts: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Split texts of normal form into words.

    A run of a script that is written without spaces becomes its characters and its pairs of
    neighbouring characters, as the CJK analyser of Apache Lucene does.

    Returns
    -------
    words : pyarrow.Array of string
        The words of all texts, in order.
    owners : ndarray of shape (n_words,), int64
        The text of each word, from 0.

    Examples
    --------
    >>> words, owners = split_texts(pa.array(["two words", "七人"]))
    >>> words.to_pylist(), owners.tolist()
    (['two', 'words', '七', '人', '七人'], [0, 0, 1, 1, 1])
    """
    unspaced = pc.match_substring_regex(texts, f"[{_UNSPACED}]")
    if pc.any(unspaced).as_py():
        spaced = [
            _UNSPACED_RUN.sub(_pairs, text) if has else text
            for text, has in zip(texts.to_pylist(), unspaced.to_pylist(), strict=True)
        ]
        texts = pa.array(spaced, pa.string())
    split = pc.split_pattern(texts, " ")
    words, owners = pc.list_flatten(split), pc.list_parent_indices(split)
    filled = pc.greater(pc.binary_length(words), 0)
    return words.filter(filled), np.asarray(owners.filter(filled).to_numpy(), np.int64)


def normal_text(text: str) -> str:
    """Return the normal form of one text, as `normal_form` does for many.

    Examples
    --------
    >>> normal_text("Schindler's  Amélie: Spider-Man")
    'schindlers amelie spider man'
    """
    folded = unicodedata.normalize("NFKD", text.lower()).replace(_FINAL_SIGMA, _SIGMA)
    kept = "".join(c for c in folded if unicodedata.category(c)[0] != "M" and c not in _APOSTROPHES)
    letters = (
        c if unicodedata.category(c)[0] in "LN" else " "
        for c in unicodedata.normalize("NFKC", kept)
    )
    return " ".join("".join(letters).split())


def words_of(text: str) -> list[str]:
    """Return the words of one text, as `split_texts` does for many.

    Examples
    --------
    >>> words_of("七人 (1954)")
    ['七', '人', '七人', '1954']
    """
    return _UNSPACED_RUN.sub(_pairs, normal_text(text)).split()


class Analyser:
    """The terms of words in one language.

    Parameters
    ----------
    language : str
        ISO 639-1 code of the language of most texts. Words of a language without a Snowball
        stemmer (Porter 2001) are their own terms.

    Examples
    --------
    >>> english = Analyser("en")
    >>> english.terms(["the", "haunted", "houses"])
    [None, 'haunt', 'hous']
    """

    def __init__(self, language: str) -> None:
        stemmer, stop_words = _LANGUAGES.get(language, (_STEMMED_ONLY.get(language), ()))
        self._stemmer = Stemmer.Stemmer(stemmer) if stemmer else None
        self._lock = threading.Lock()  # a stemmer of PyStemmer is for one thread at a time
        self._stop_words = _folded(tuple(stop_words))

    def terms(self, words: Sequence[str]) -> list[str | None]:
        """Return the term of each word of normal form; None for a stop word."""
        stems: Sequence[str] = words
        if self._stemmer:
            with self._lock:
                stems = self._stemmer.stemWords(list(words))
        return [
            None if word in self._stop_words else stem
            for word, stem in zip(words, stems, strict=True)
        ]


@lru_cache
def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(normal_form(pa.array(words, pa.string())).to_pylist())


def _pairs(run: re.Match[str]) -> str:
    text = run.group()
    pairs = [text[i : i + 2] for i in range(len(text) - 1)]
    return f" {' '.join([*text, *pairs])} "
