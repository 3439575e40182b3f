"""Blocks of numbers about films from which points are computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.features.text import normalize_keyword
from pipeline.schemas.vectors import matrix_of, unit_rows

__all__ = ["TINY", "KeywordBlocks", "amounts_of", "keyword_lists", "numeric_of"]

TINY = 1e-12  # smallest length, so that nothing is divided by zero


def keyword_lists(movies: pa.Table) -> list[list[str]]:
    """Return the keywords of each film; an empty list if they are missing."""
    return [list(keywords or []) for keywords in movies.column("keywords").to_pylist()]


def amounts_of(features: pa.Table) -> np.ndarray:
    """Return how much text each film has.

    Parameters
    ----------
    features : Table
        Columns desc_length, num_keywords and has_tagline of FEATURES.

    Returns
    -------
    ndarray of shape (n_films, 5), float64
        1, log(1 + characters of the overview), whether there are keywords, log(1 + number of
        keywords), whether there is a tagline.
    """
    length = features.column("desc_length").to_numpy().astype(np.float64)
    keywords = features.column("num_keywords").to_numpy().astype(np.float64)
    tagline = features.column("has_tagline").to_numpy(zero_copy_only=False).astype(np.float64)
    ones = np.ones(len(length))
    return np.stack([ones, np.log1p(length), keywords > 0, np.log1p(keywords), tagline], axis=1)


def numeric_of(features: pa.Table) -> np.ndarray:
    """Return the numeric features of each film.

    Parameters
    ----------
    features : Table
        Columns desc_length, num_keywords and sentiment_score of FEATURES.

    Returns
    -------
    ndarray of shape (n_films, 3), float64
        log(1 + characters of the overview), log(1 + number of keywords), sentiment from -1 to 1; 0
        where it was not measured.
    """
    length = np.log1p(features.column("desc_length").to_numpy().astype(np.float64))
    keywords = np.log1p(features.column("num_keywords").to_numpy().astype(np.float64))
    sentiment = pc.fill_null(features.column("sentiment_score"), 0.0).to_numpy()
    return np.stack([length, keywords, sentiment], axis=1)


class KeywordBlocks:
    """The weighted mean of each film's keyword vectors; rarer keywords have more weight.

    Parameters
    ----------
    vocabulary : Table
        VOCABULARY. Keywords that are not in it are ignored.
    films : float
        Number of films in which the keywords were counted. The weight of a keyword is its
        inverse document frequency, log(films / films with the keyword).
    """

    def __init__(self, vocabulary: pa.Table, films: float) -> None:
        self._vectors = matrix_of(vocabulary).astype(np.float64)
        names = vocabulary.column("keyword").to_pylist()
        self._row_of = {keyword: row for row, keyword in enumerate(names)}
        uses = np.maximum(vocabulary.column("films").to_numpy(), 1)
        self._weight = np.maximum(np.log(np.maximum(films, 2) / uses), TINY)

    def of(self, keywords: Sequence[Sequence[str]]) -> np.ndarray:
        """Return the keyword block of films.

        Parameters
        ----------
        keywords : sequence of sequence of str
            Keywords of each film.

        Returns
        -------
        ndarray of shape (n_films, dim), float64
            Vectors of unit length; zero for a film without a keyword of the vocabulary.
        """
        block = np.zeros((len(keywords), self._vectors.shape[1]))
        for film, names in enumerate(keywords):
            distinct = dict.fromkeys(normalize_keyword(name) for name in names)
            rows = [self._row_of[name] for name in distinct if name in self._row_of]
            if rows:
                block[film] = self._weight[rows] @ self._vectors[rows]
        return unit_rows(block, dtype=None)
