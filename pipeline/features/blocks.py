"""Blocks of numbers about films, from which their points are mixed and the mixture is fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipeline.features.text import normal_keyword
from pipeline.schemas.vectors import matrix_of, unit_rows

__all__ = ["TINY", "KeywordBlocks", "amounts_of", "keyword_lists", "numeric_of"]

TINY = 1e-12  # a length that is told apart from none


def keyword_lists(movies: pa.Table) -> list[list[str]]:
    """The keywords of each film; none where they are missing."""
    return [list(keywords or []) for keywords in movies.column("keywords").to_pylist()]


def amounts_of(features: pa.Table) -> np.ndarray:
    """How much text a film has, (films, 5): what a vector is cleared of."""
    length = features.column("desc_length").to_numpy().astype(np.float64)
    keywords = features.column("num_keywords").to_numpy().astype(np.float64)
    tagline = features.column("has_tagline").to_numpy(zero_copy_only=False).astype(np.float64)
    ones = np.ones(len(length))
    return np.stack([ones, np.log1p(length), keywords > 0, np.log1p(keywords), tagline], axis=1)


def numeric_of(features: pa.Table) -> np.ndarray:
    """Amount of text, amount of keywords and sentiment, (films, 3) float64."""
    length = np.log1p(features.column("desc_length").to_numpy().astype(np.float64))
    keywords = np.log1p(features.column("num_keywords").to_numpy().astype(np.float64))
    return np.stack([length, keywords, features.column("sentiment_score").to_numpy()], axis=1)


class KeywordBlocks:
    """The mean of each film's keyword vectors, the rarer among `films` films counting more.

    Parameters
    ----------
    vocabulary : VOCABULARY; other keywords are not known.
    """

    def __init__(self, vocabulary: pa.Table, films: float) -> None:
        self._vectors = matrix_of(vocabulary).astype(np.float64)
        names = vocabulary.column("keyword").to_pylist()
        self._known = {keyword: row for row, keyword in enumerate(names)}
        uses = np.maximum(vocabulary.column("films").to_numpy(), 1)
        self._weight = np.maximum(np.log(np.maximum(films, 2) / uses), TINY)

    def of(self, keywords: Sequence[Sequence[str]]) -> np.ndarray:
        """(n, dim) float64 of unit length, zero where no keyword is known."""
        block = np.zeros((len(keywords), self._vectors.shape[1]))
        for row, names in enumerate(keywords):
            normal = dict.fromkeys(normal_keyword(name) for name in names)
            rows = [self._known[name] for name in normal if name in self._known]
            if rows:
                block[row] = self._weight[rows] @ self._vectors[rows]
        return unit_rows(block, dtype=None)
