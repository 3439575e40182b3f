"""Words for moods and kinds of films in a query, and the films of the genres that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.words.genre_words import fold_genre
from pipeline.schemas.words.lexicon_file import read_lexicon
from serve.catalogue.search.analysis import words_of

__all__ = ["GenreMatch", "asked_genres", "tone_words"]

_LONGEST = 4  # words of a phrase of the lexicon


def asked_genres(text: str) -> list[frozenset[str]]:
    """Return the genres that each word or phrase for a mood or kind of a text means.

    Longer phrases are read first, and a word is read once.

    Parameters
    ----------
    text : str
        A query.

    Examples
    --------
    >>> asked_genres("a scary sci-fi film") == [{"Horror"}, {"Science Fiction"}]
    True
    """
    words = words_of(text)
    found: list[frozenset[str]] = []
    start = 0
    while start < len(words):
        for length in range(min(_LONGEST, len(words) - start), 0, -1):
            genres = _meanings().get(" ".join(words[start : start + length]))
            if genres:
                found.append(genres)
                break
        else:
            length = 1
        start += length
    return found


@cache
def tone_words() -> frozenset[str]:
    """Return each word of the lexicon, also of phrases, in normal form."""
    return frozenset(word for phrase in _meanings() for word in phrase.split())


class GenreMatch:
    """The genres of films, as bits.

    Parameters
    ----------
    films : pyarrow.Table
        A table of `RELEASED_MOVIES`.
    """

    def __init__(self, films: pa.Table) -> None:
        lists = films.column("genres").combine_chunks()
        labels = pc.list_flatten(lists).dictionary_encode()
        owners = pc.list_parent_indices(lists).to_numpy()
        self._films = films.num_rows
        self._labels = [frozenset(fold_genre(label)) for label in labels.dictionary.to_pylist()]
        codes = labels.indices.to_numpy(zero_copy_only=False)
        self._of_label = [owners[codes == code] for code in range(len(self._labels))]

    def share(self, asked: Sequence[frozenset[str]]) -> np.ndarray:
        """Return how many of the asked moods and kinds each film has.

        Parameters
        ----------
        asked : sequence of frozenset of str
            Alternatives, see `asked_genres`.

        Returns
        -------
        ndarray of shape (n_films,), float32
            Share of `asked` that the film has a genre of, 0 to 1; 0 if nothing is asked.
        """
        total = np.zeros(self._films, np.float32)
        for genres in asked:
            has = np.zeros(self._films, bool)
            for label, owners in zip(self._labels, self._of_label, strict=True):
                if label & genres:
                    has[owners] = True
            total += has
        return total / max(1, len(asked))


@cache
def _meanings() -> dict[str, frozenset[str]]:
    """Return the genres of each word or phrase in normal form."""
    found: dict[str, set[str]] = {}
    for tone in read_lexicon("tones")["tone"]:
        for word in tone["words"]:
            found.setdefault(word, set()).update(tone["genres"])
    return {word: frozenset(genres) for word, genres in found.items()}
