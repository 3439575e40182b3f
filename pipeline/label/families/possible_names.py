"""Names that families could have: a genre, two genres, a subject, or a language, country or time.

The name of a family is shorter than those of its micro-genres, and says what they have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.label.naming.grammar import stated_name
from pipeline.label.naming.unique_names import compared_form
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.shelves.membership import parts_matrix
from pipeline.schemas.name_parts import FACET, GENRE, SUBJECT, NameParts
from pipeline.schemas.words.genre_words import fold_genre

__all__ = ["PossibleNames", "possible_names"]

_TRUE = 0.5  # share of the films of some micro-genre for which a possible name is true
_FEWEST = 2  # micro-genres; a genre may be the name of a family of one
_GENRES = 40  # whose pairs are counted; the most frequent ones
_TOGETHER = 0.3  # correlation of two genres over micro-genres from which they make a form together
_OFTEN = 1.5  # how much more often films have both genres than if they were independent
_FACET_WORTH = 0.5  # worth of a facet, where that of a genre is 1: a theme says more


@dataclass(frozen=True)
class PossibleNames:
    """Names that families could have, and of how many films of each micro-genre they are true.

    Attributes
    ----------
    names : list of NameParts
        The names.
    forms : list of frozenset of str
        `compared_form` of each as printed.
    share : csc_matrix of shape (k, n_names), float64
        Share of the films of each micro-genre for which each name is true, 0 to 1.
    base : ndarray of shape (n_names,), float64
        The same of all films.
    worth : ndarray of shape (n_names,), float64
        How good the parts of each name are, 0 to 1.
    """

    names: list[NameParts]
    forms: list[frozenset[str]]
    share: sparse.csc_matrix
    base: np.ndarray
    worth: np.ndarray

    def excluded_by(self, chosen: int) -> np.ndarray:
        """Return the names that no family may have beside the name `chosen`, itself among them.

        They look alike, or name the same genre: "Crime Films & Thrillers" beside "Crime Films".
        Two genres that are both true are a kind of their own: "Romantic Comedies" beside
        "Comedies", but not beside "Comedies & Romances".

        Returns
        -------
        ndarray of int64
            Numbers of names.
        """
        own, form = self.names[chosen], self.forms[chosen]
        genres = _any_genres(own)
        return np.array(
            [
                n
                for n, name in enumerate(self.names)
                if self.forms[n] == form
                or genres & _any_genres(name)
                or (name.genres and set(name.genres) == set(own.genres))
            ]
        )


def possible_names(
    partitions: Callable[[], Iterable[tuple[pa.Table, pa.Table]]],
    counts: sparse.csr_matrix,
    films: np.ndarray,
    parts: pa.Table,
    language: str = "en",
    extra: str = "",
) -> PossibleNames:
    """Return the names that families could have.

    Parameters
    ----------
    partitions : callable
        Returns, for each partition, FILM_PARTS (column `parts`) and ASSIGNMENTS (column
        `cluster`), row by row the same films.
    counts : csr_matrix of shape (k, n_parts)
        Number of films of each micro-genre for which each part is true, see `count_parts`.
    films : ndarray of shape (k,), integer
        Number of films of each micro-genre, each at least 1.
    parts : pa.Table
        PARTS.
    language : str
        Language of the names, ISO 639-1.
    extra : str
        Text of a user's file of words.

    Returns
    -------
    PossibleNames
        A name is true of half of the films of at least two micro-genres (a genre: of one). One of
        two genres suffices ("Crime Films & Thrillers") if they are frequent in the same films and
        in the same micro-genres.
    """
    vocabulary = PartVocabulary(parts)
    films = np.asarray(films, np.float64)
    share = _shares(counts, films)
    total = np.asarray(counts.sum(0)).ravel()
    kinds = np.array(parts.column("kind").to_pylist(), object)
    weight = parts.column("weight").to_numpy()
    genres = np.flatnonzero((kinds == GENRE) & (total > 0))
    own_genres = {vocabulary[number].key for number in genres.tolist()}
    found = _Found(films)
    for number in genres.tolist():
        found.add(NameParts((), (number,)), counts[:, [number]], 1.0, fewest=1)
    for names, pair_counts in _pairs_of_genres(partitions, counts, genres, films):
        for column, name in enumerate(names):
            found.add(name, pair_counts[:, [column]], 1.0)
    often = np.diff((share >= _TRUE).indptr) >= _FEWEST
    for number in np.flatnonzero(often & (kinds == SUBJECT)).tolist():
        if not own_genres & set(fold_genre(vocabulary[number].key)):  # "war", beside the genre War
            name = NameParts((number,), words=(number,))
            found.add(name, counts[:, [number]], float(weight[number]))
    for number in np.flatnonzero(often & (kinds == FACET)).tolist():
        found.add(NameParts(facets=(number,)), counts[:, [number]], _FACET_WORTH)
    return found.printed(vocabulary, language, extra)


class _Found:
    """Collects names."""

    def __init__(self, films: np.ndarray) -> None:
        self.films = films
        self.names: list[NameParts] = []
        self.counts: list[sparse.csc_matrix] = []
        self.worth: list[float] = []

    def add(
        self, name: NameParts, counts: sparse.spmatrix, worth: float, fewest: int = _FEWEST
    ) -> None:
        """Add a name if it is true of enough micro-genres."""
        column = sparse.csc_matrix(counts)
        true = column.data >= _TRUE * self.films[column.indices]
        if true.sum() >= fewest:
            self.names.append(name)
            self.counts.append(column)
            self.worth.append(worth)

    def printed(self, vocabulary: PartVocabulary, language: str, extra: str) -> PossibleNames:
        """Return the names that print all that they say."""
        stated = [stated_name(name, vocabulary, language, extra=extra) for name in self.names]
        whole = [
            n
            for n, (parts, _) in enumerate(stated)
            if sorted(parts.all_numbers) == sorted(self.names[n].all_numbers)
        ]
        columns = [self.counts[n] for n in whole]
        empty = sparse.csc_matrix((len(self.films), 0))
        counts = sparse.hstack(columns, format="csc") if columns else empty
        return PossibleNames(
            [stated[n][0] for n in whole],
            [compared_form(stated[n][1], language) for n in whole],
            _shares(counts, self.films),
            np.asarray(counts.sum(0)).ravel() / self.films.sum(),
            np.array([self.worth[n] for n in whole]),
        )


def _pairs_of_genres(
    partitions: Callable[[], Iterable[tuple[pa.Table, pa.Table]]],
    counts: sparse.csr_matrix,
    genres: np.ndarray,
    films: np.ndarray,
) -> list[tuple[list[NameParts], sparse.csc_matrix]]:
    """Names of two genres, and the number of films of each micro-genre for which they are true."""
    total = np.asarray(counts.sum(0)).ravel()
    frequent = np.sort(genres[np.lexsort((genres, -total[genres]))][:_GENRES])
    own = counts[:, frequent].toarray() / films[:, None]
    pairs = np.array(list(combinations(range(len(frequent)), 2)), np.int64).reshape(-1, 2)
    least = np.array([np.minimum(own[:, a], own[:, b]).max() for a, b in pairs.tolist()])
    near = _correlations(own, films)[pairs[:, 0], pairs[:, 1]] >= _TOGETHER
    pairs, near = pairs[near | (least >= _TRUE)], near[near | (least >= _TRUE)]
    if not len(pairs):
        return []
    first, second = frequent[pairs[:, 0]], frequent[pairs[:, 1]]
    both = _count_both(partitions(), first, second, len(films), counts.shape[1])
    every = [
        NameParts((), pair, True) for pair in zip(first.tolist(), second.tolist(), strict=True)
    ]
    independent = total[first] * total[second] / films.sum()
    near &= np.asarray(both.sum(0)).ravel() > _OFTEN * independent
    either = counts[:, first[near]] + counts[:, second[near]] - both[:, near]
    one = [NameParts((), name.genres) for name, own in zip(every, near, strict=True) if own]
    return [(every, both), (one, sparse.csc_matrix(either))]


def _shares(counts: sparse.spmatrix, films: np.ndarray) -> sparse.csc_matrix:
    return sparse.csc_matrix(sparse.diags(1 / films) @ counts)


def _correlations(share: np.ndarray, films: np.ndarray) -> np.ndarray:
    """Correlations of the columns over the micro-genres, weighted by their films."""
    weight = films / films.sum()
    centred = share - weight @ share
    covariance = (centred * weight[:, None]).T @ centred
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    return np.asarray((covariance / np.outer(scale, scale)).round(9))


def _count_both(
    partitions: Iterable[tuple[pa.Table, pa.Table]],
    first: np.ndarray,
    second: np.ndarray,
    k: int,
    width: int,
) -> sparse.csc_matrix:
    """Number of films of each micro-genre for which both parts of each pair are true."""
    total = sparse.csr_matrix((k, len(first)), dtype=np.float64)
    for film_parts, assigned in partitions:
        clusters = assigned.column("cluster").to_numpy()
        films = parts_matrix(film_parts, width).tocsc()
        both = films[:, first].multiply(films[:, second])
        ones, rows = np.ones(len(clusters)), np.arange(len(clusters))
        own = sparse.csr_matrix((ones, (clusters, rows)), shape=(k, len(clusters)))
        total = total + own @ both
    return sparse.csc_matrix(total)


def _any_genres(name: NameParts) -> frozenset[int]:
    """The genres of a name for which one suffices."""
    return frozenset() if name.every_genre and len(name.genres) > 1 else frozenset(name.genres)
