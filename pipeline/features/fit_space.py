"""Fits the space on a sample of films: what amounts of text predict, and what text predicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.features.blocks import TINY, KeywordBlocks, amounts_of, keyword_lists, numeric_of
from pipeline.features.space import arrays_to_table
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of
from pipeline.settings import FeatureSettings

__all__ = ["fit_space"]

_RANK = 1e-12  # smallest relative singular value of the squared amounts that counts
_RIDGE = 0.03  # as a share of the mean eigenvalue of the text blocks' second moments


@stage(
    "space",
    version=3,
    inputs=("movies", "features", "embeddings", "vocabulary"),
    outputs=("space",),
    streamed=("movies", "features", "embeddings"),
)
def fit_space(
    movies: pa.Table | Parts,
    features: pa.Table | Parts,
    embeddings: pa.Table | Parts,
    vocabulary: pa.Table,
    settings: FeatureSettings,
) -> dict[str, pa.Table]:
    """Fit the regressions and scales of the space on a sample of films.

    The tables are read twice, part by part: once for sums of products, from which the regressions
    follow, and once for the mean lengths of their residuals.

    Parameters
    ----------
    movies, features, embeddings : Table or Parts
        CLEAN_MOVIES, FEATURES and EMBEDDINGS of the sample, row by row the same films.
    vocabulary : Table
        VOCABULARY.
    settings : FeatureSettings
        Settings of the features.

    Returns
    -------
    dict of str to Table
        "space": SPACE with these arrays of float64:

        - "amount" (5, dim): least-squares prediction of a text vector by the amounts of text
        - "amount_low", "amount_high" (5,): smallest and largest amounts of the sample
        - "text_scale" (): mean length of the residual text vectors
        - "keyword_mean" (dim,), "keyword_scale" (): mean of the keyword blocks, and mean length
          around it
        - "expected" (dim, dim): prediction of the keyword block by the text block
        - "expected_scale" (): mean length of that prediction
        - "numeric_mean", "numeric_std" (3,): of the numeric features
        - "films" (): size of the sample

    Notes
    -----
    Ridge regression: Hoerl and Kennard 1970, Technometrics 12.
    """
    known = KeywordBlocks(vocabulary, movies.num_rows)
    sums = _Sums()
    for block in _blocks(movies, features, embeddings, known):
        sums.add(block)
    amount, mean, expected = sums.amount(), sums.keyword_mean(), sums.expected()
    lengths: list[np.ndarray] = []  # of the text blocks, and of the keyword blocks they predict
    centred: list[np.ndarray] = []  # of the keyword blocks, around their mean
    for block in _blocks(movies, features, embeddings, known):
        text = block.vectors - block.amounts @ amount
        lengths.append(np.linalg.norm([text, text @ expected], axis=2))
        centred.append(np.linalg.norm(block.keywords[block.has_keywords] - mean, axis=1))
    text_length, expected_length = np.hstack(lengths).mean(1)
    keyword_lengths = np.concatenate(centred)
    text_scale = max(float(text_length), TINY)
    keyword_scale = max(float(keyword_lengths.mean()), TINY) if len(keyword_lengths) else 1.0
    amounts, numeric = np.concatenate(sums.amounts), np.concatenate(sums.numeric)
    fitted = {
        "amount": amount,
        "amount_low": amounts.min(0),
        "amount_high": amounts.max(0),
        "text_scale": text_scale,
        "keyword_mean": mean,
        "keyword_scale": keyword_scale,
        "expected": expected * (text_scale / keyword_scale),
        "expected_scale": max(float(expected_length) / keyword_scale, TINY),
        "numeric_mean": numeric.mean(0),
        "numeric_std": np.maximum(numeric.std(0), TINY),
        "films": np.array(float(len(amounts))),
    }
    return {"space": arrays_to_table(fitted)}


@dataclass(frozen=True)
class _Block:
    """Arrays of some films, float64 unless said otherwise.

    Attributes
    ----------
    vectors, keywords : ndarray of shape (n_films, dim)
        Text vectors and keyword blocks.
    has_keywords : ndarray of shape (n_films,), bool
        Whether a film has a keyword of the vocabulary.
    amounts : ndarray of shape (n_films, 5)
        See `amounts_of`.
    numeric : ndarray of shape (n_films, 3)
        See `numeric_of`.
    """

    vectors: np.ndarray
    keywords: np.ndarray
    has_keywords: np.ndarray
    amounts: np.ndarray
    numeric: np.ndarray


def _blocks(
    movies: pa.Table | Parts,
    features: pa.Table | Parts,
    embeddings: pa.Table | Parts,
    known: KeywordBlocks,
) -> Iterator[_Block]:
    """Yield the blocks of the films, part by part."""
    parts = (parts_of(movies), parts_of(features), parts_of(embeddings))
    for own_movies, own_features, own_embeddings in zip(*parts, strict=True):
        keywords = known.of(keyword_lists(own_movies))
        yield _Block(
            matrix_of(own_embeddings).astype(np.float64),
            keywords,
            np.linalg.norm(keywords, axis=1) > 0,
            amounts_of(own_features),
            numeric_of(own_features),
        )


class _Sums:
    """Sums of products of amounts A, vectors V and keyword blocks K, from which the fits follow.

    The first amount is 1, so the first row of products contains the sums.
    """

    def __init__(self) -> None:
        self.amounts: list[np.ndarray] = []
        self.numeric: list[np.ndarray] = []
        self._all: np.ndarray | float = 0.0  # A'[A V]
        self._known: np.ndarray | float = 0.0  # [A V K]'[A V K] of films with keywords

    def add(self, block: _Block) -> None:
        """Add the films of a block."""
        self.amounts.append(block.amounts)
        self.numeric.append(block.numeric)
        self._all = self._all + block.amounts.T @ np.hstack([block.amounts, block.vectors])
        known = np.hstack([block.amounts, block.vectors, block.keywords])[block.has_keywords]
        self._known = self._known + known.T @ known

    def amount(self) -> np.ndarray:
        """Return the least-squares regression of V on A, (5, dim)."""
        products = np.asarray(self._all)
        width = len(products)
        solution, *_ = np.linalg.lstsq(products[:, :width], products[:, width:], rcond=_RANK)
        return np.asarray(solution)

    def keyword_mean(self) -> np.ndarray:
        """Return the mean keyword block of the films that have one, (dim,)."""
        products, _, k = self._products()
        return np.asarray(products[0, k] / max(products[0, 0], 1.0))

    def expected(self) -> np.ndarray:
        """Return the ridge regression of K, centred, on the residual of V, (dim, dim)."""
        (products, v, k), m = self._products(), self.amount()
        a = slice(0, len(m))
        gram = products[v, v] - products[v, a] @ m - m.T @ products[a, v]
        gram = gram + m.T @ products[a, a] @ m
        residual_sum = products[v, 0] - m.T @ products[a, 0]
        cross = products[v, k] - m.T @ products[a, k] - np.outer(residual_sum, self.keyword_mean())
        ridge = _RIDGE * max(float(np.trace(gram)), TINY) / len(gram)
        return np.asarray(np.linalg.solve(gram + ridge * np.eye(len(gram)), cross))

    def _products(self) -> tuple[np.ndarray, slice, slice]:
        """Return [A V K]'[A V K], and the columns of V and of K in it."""
        products, width = np.asarray(self._known), len(np.asarray(self._all))
        dim = (len(products) - width) // 2
        return products, slice(width, width + dim), slice(width + dim, None)
