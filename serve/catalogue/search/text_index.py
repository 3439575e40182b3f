"""BM25 over all words of the films: title, plot, keywords, people, genres, micro-genre."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bm25s
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from bm25s.tokenization import Tokenized
from rapidfuzz import process
from rapidfuzz.distance import OSA

from serve.catalogue.search.analysis import Analyser, normal_form, split_texts, words_of
from serve.catalogue.search.tones import tone_words

__all__ = ["FIELDS", "QueryWord", "TextIndex"]

# Field -> how often its words count, as in BM25F (Robertson, Zaragoza and Taylor 2004). Other
# weights found the film described by 400 texts of others no better.
FIELDS = {
    "title": 3,
    "overview": 1,
    "tagline": 1,
    "keywords": 2,
    "genres": 1,
    "directors": 1,
    "cast": 1,
    "micro_genre_name": 1,
    "family_name": 1,
}
logging.getLogger("bm25s").setLevel(logging.WARNING)  # it logs each step at DEBUG
_K1, _B = 1.2, 0.75
_GENERIC = frozenset({"film", "films", "movie", "movies"})  # searched only if they stand alone
_MIN_CORRECTED = 5  # letters of a word whose typing errors are corrected
_MIN_LIKENESS = 0.7


@dataclass(frozen=True)
class QueryWord:
    """A word of a query.

    Attributes
    ----------
    typed : str
        The word in normal form, as typed.
    read : str
        The word that is searched: `typed`, or a word of the release that is spelt nearly so.
    term : str or None
        The term of `read`; None for a stop word.
    number : int or None
        The number of the term in the index; None if no film has it.
    """

    typed: str
    read: str
    term: str | None
    number: int | None


class TextIndex:
    """An index of the words of films, in memory.

    Parameters
    ----------
    films : pyarrow.Table
        A table of `RELEASED_MOVIES`.
    language : str
        ISO 639-1 code of the language of most of its texts.

    Attributes
    ----------
    analyser : Analyser
        Makes terms from words.

    Notes
    -----
    Scores are BM25 as in Apache Lucene with k1 = 1.2 and b = 0.75, computed by bm25s (Lù 2024).
    """

    def __init__(self, films: pa.Table, language: str) -> None:
        self.analyser = Analyser(language)
        self._films = films.num_rows
        self._numbers: dict[str, int] = {}  # of each term
        self._known: dict[str, None] = {}  # all words
        owners, numbers = self._all_terms(films)
        order = np.argsort(owners, kind="stable")
        starts = np.searchsorted(owners[order], np.arange(self._films + 1))
        self._bm25: Any = bm25s.BM25(k1=_K1, b=_B, method="lucene")
        if len(numbers):
            texts = _Texts(numbers[order], starts)
            self._bm25.index(Tokenized(texts, self._numbers), show_progress=False)
        self._words = list(self._known)
        pa.default_memory_pool().release_unused()

    def read(self, text: str) -> list[QueryWord]:
        """Return the words of a query; typing errors of words that no film has are corrected."""
        words = words_of(text)
        read = [word if self._is_known(word) else self._corrected(word) for word in words]
        terms = self.analyser.terms(read)
        return [
            QueryWord(typed, word, term, None if term is None else self._numbers.get(term))
            for typed, word, term in zip(words, read, terms, strict=True)
        ]

    def scores(self, words: Sequence[QueryWord]) -> np.ndarray:
        """Return how well each film matches the words of a query.

        Returns
        -------
        ndarray of shape (n_films,), float32
            0 to 1: two parts of one share and one of another. The first is the BM25 score of the
            film, divided by the sum of the best scores of each word; the second is the weight
            (inverse document frequency) of those words that the film has, divided by that of all
            words. The first is high where the words are frequent in a short text, the second where
            no word is missing.
        """
        numbers = [w.number for w in words if w.number is not None and w.read not in _GENERIC]
        numbers = numbers or [word.number for word in words if word.number is not None]
        total = np.zeros(self._films, np.float32)
        covered = np.zeros(self._films, np.float32)
        best = weights = 0.0
        for number in dict.fromkeys(numbers):
            scores = self._bm25.get_scores_from_ids([number])
            has = scores > 0
            weight = float(np.log1p(self._films / max(1, np.count_nonzero(has))))
            best += float(scores.max())
            weights += weight
            total += scores
            covered[has] += weight
        return (2 * total / best + covered / weights) / 3 if best else total

    def has_word(self, word: str) -> bool:
        """Return whether a film has a word of normal form."""
        return word in self._known

    def _all_terms(self, films: pa.Table) -> tuple[np.ndarray, np.ndarray]:
        """Return the film and the number of each term, as often as its field counts, int32."""
        owners, numbers = [], []
        for field, weight in FIELDS.items():
            column = films.column(field).combine_chunks()
            texts = pc.binary_join(column, " ") if pa.types.is_list(column.type) else column
            films_of, terms = self._terms_of(texts.cast(pa.string()))
            owners += [films_of] * weight
            numbers += [terms] * weight
        joined, terms = self._terms_of(_without_hyphens(films.column("title")))
        return np.concatenate([*owners, joined]), np.concatenate([*numbers, terms])

    def _terms_of(self, texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Return the text and the number of each term that is no stop word, both int32."""
        words, owners = split_texts(normal_form(texts))
        encoded = words.dictionary_encode()
        known: list[str] = encoded.dictionary.to_pylist()
        self._known.update(dict.fromkeys(known))
        number = [
            -1 if term is None else self._numbers.setdefault(term, len(self._numbers))
            for term in self.analyser.terms(known)
        ]
        numbers = np.array(number, np.int32)[encoded.indices.to_numpy()]
        kept = numbers >= 0
        return owners[kept].astype(np.int32), numbers[kept]

    def _is_known(self, word: str) -> bool:
        if word in self._known or word in tone_words():
            return True
        (term,) = self.analyser.terms([word])
        return term is None or term in self._numbers

    def _corrected(self, word: str) -> str:
        """Return the word of the release that is spelt most like a word, or the word itself."""
        if len(word) < _MIN_CORRECTED or not word.isalpha():
            return word
        near = process.extract(
            word,
            self._words,
            scorer=OSA.normalized_similarity,
            score_cutoff=_MIN_LIKENESS,
            limit=20,
        )
        if not near:
            return word
        # the same first letter, then the more frequent word, where several are spelt as nearly
        return max(near, key=lambda n: (round(n[1], 2), n[0][0] == word[0], self._count(n[0])))[0]

    def _count(self, word: str) -> int:
        (term,) = self.analyser.terms([word])
        number = None if term is None else self._numbers.get(term)
        if number is None:
            return 0
        return int(np.count_nonzero(self._bm25.get_scores_from_ids([number])))


class _Texts(Sequence[list[int]]):
    """Lists of numbers that exist only while bm25s reads them; all together take 1 GiB."""

    def __init__(self, numbers: np.ndarray, starts: np.ndarray) -> None:
        self._numbers, self._starts = numbers, starts

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, text: Any) -> Any:
        if not 0 <= text < len(self):
            raise IndexError(text)  # ends an iteration
        return self._numbers[self._starts[text] : self._starts[text + 1]].tolist()


def _without_hyphens(titles: pa.ChunkedArray) -> pa.Array:
    """Return titles that have a hyphen without it, so that "spiderman" finds "Spider-Man"."""
    column = titles.combine_chunks().cast(pa.string())
    has = pc.fill_null(pc.match_substring(column, "-"), False)
    joined = pc.replace_substring_regex(column, r"(\p{L})-(\p{L})", r"\1\2")
    return pc.if_else(has, joined, "")
