"""Which subjects a film names in the words that a micro-genre would print."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from pipeline.label.words.subjects import SubjectLexicon
from pipeline.label.words.tokens import words_of
from pipeline.label.words.unspaced import UNSPACED_LANGUAGES
from pipeline.label.words.whole_words import word_forms
from pipeline.schemas.name_parts import SUBJECT, WORD

__all__ = ["find_literal"]

_SHORT = 2  # letters of words that do not count beside longer ones: "of" in "coming of age"


def find_literal(
    true: sparse.csr_matrix,
    said: pa.ChunkedArray,
    text_words: pa.Table,
    parts: pa.Table,
    lexicon: SubjectLexicon,
    language: str = "en",
) -> sparse.csr_matrix:
    """Find the true subjects, and words for them, whose printed form is in the texts of films.

    Parameters
    ----------
    true : csr_matrix of shape (n_films, n_parts)
        Not zero where a part is true of a film.
    said : pa.ChunkedArray
        Column `words` of HELD.
    text_words : pa.Table
        TEXT_WORDS.
    parts : pa.Table
        PARTS.
    lexicon : SubjectLexicon
        Subjects that are printed as `name_of` says.
    language : str
        Language of the names, ISO 639-1.

    Returns
    -------
    csr_matrix of shape (n_films, n_parts)
        Not zero for subjects and words all words of whose printed form the film has somewhere, in
        any inflection.
    """
    kinds, keys = parts.column("kind").to_pylist(), parts.column("key").to_pylist()
    printed, same_as = parts.column("printed").to_pylist(), parts.column("same_as").to_numpy()
    numbers = [n for n, kind in enumerate(kinds) if kind in (SUBJECT, WORD)]
    position: dict[str, int] = {}
    pairs: list[tuple[int, int]] = []
    for n in numbers:
        known = kinds[n] == SUBJECT and keys[n] in lexicon
        written = words_of(lexicon.name_of(keys[n], language) if known else printed[n])
        long = [word for word in written if len(word) > _SHORT] or written
        pairs += [(n, position.setdefault(word.lower(), len(position))) for word in long]
    needed = _matrix(pairs, (len(parts), len(position)))
    has = _words_of_films(said, text_words, position, language)
    complete = (has @ needed.T).tocoo()
    wanted = np.asarray(needed.sum(1)).ravel()
    whole = complete.data == wanted[complete.col]
    there = sparse.csr_matrix(
        (np.ones(whole.sum(), np.int32), (complete.row[whole], complete.col[whole])),
        shape=complete.shape,
    )
    subject_of = _matrix([(int(same_as[n]), n) for n in numbers], (len(parts), len(parts)))
    return there.multiply((true @ subject_of).astype(bool)).tocsr()


def _words_of_films(
    said: pa.ChunkedArray, text_words: pa.Table, position: dict[str, int], language: str
) -> sparse.csr_matrix:
    """Which printed words each film has, in any inflection: 1 or nothing."""
    find = _inside(position) if language in UNSPACED_LANGUAGES else _alike(position, language)
    alike = [
        (row, number)
        for row, word in enumerate(text_words.column("word").to_pylist())
        for number in find(word)
    ]
    whole = said.combine_chunks()
    film, word = pc.list_parent_indices(whole).to_numpy(), pc.list_flatten(whole).to_numpy()
    shape = (len(whole), text_words.num_rows)
    spoken = sparse.csr_matrix((np.ones(len(film), np.int32), (film, word)), shape=shape)
    found = spoken @ _matrix(alike, (text_words.num_rows, len(position)))
    found.data[:] = 1
    return found


def _alike(position: dict[str, int], language: str) -> Callable[[str], set[int]]:
    """Find the printed words that a word of a text is, in any inflection."""
    by_form: dict[str, list[int]] = {}
    for word, number in position.items():
        for form in word_forms(word, language):
            by_form.setdefault(form, []).append(number)
    return lambda word: {n for form in word_forms(word, language) for n in by_form.get(form, ())}


def _inside(position: dict[str, int]) -> Callable[[str], set[int]]:
    """Find the printed words inside a text without spaces."""
    by_first: dict[str, list[tuple[str, int]]] = {}
    for word, number in position.items():
        by_first.setdefault(word[0], []).append((word, number))
    return lambda text: {
        number
        for start, letter in enumerate(text)
        for word, number in by_first.get(letter, ())
        if text.startswith(word, start)
    }


def _matrix(pairs: list[tuple[int, int]], shape: tuple[int, int]) -> sparse.csr_matrix:
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    matrix = sparse.csr_matrix((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
