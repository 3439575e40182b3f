"""Fits the space on a sample of films: what amounts of text explain, what keywords add."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.features.blocks import TINY, KeywordBlocks, amounts_of, keyword_lists, numeric_of
from pipeline.features.space import numbers_table
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of
from pipeline.settings import FeatureSettings

__all__ = ["fit_space"]

_RANK = 1e-12  # of singular values of squared amounts: less is a column that says nothing new
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
    """Fit the scales on a sample of films, row by row the same in the first three tables.

    The films are gone through twice, part by part: once for sums of products, from which the
    regressions follow, once for the lengths of what they leave.

    Returns
    -------
    {"space": SPACE} with "amount" (5, dim): least-squares prediction of a vector by the amount of
    text; "amount_low" and "amount_high" (5,): the amounts that were seen; "text_scale",
    "keyword_mean" (dim,), "keyword_scale", "expected" (dim, dim): ridge regression (Hoerl and
    Kennard 1970) of the keyword block on the text block; "expected_scale", "numeric_mean" (3,),
    "numeric_std" (3,) and "films", how many the scales are fitted on.
    """
    asked = (movies, features, embeddings, KeywordBlocks(vocabulary, movies.num_rows))
    sums = _Sums()
    for block in _blocks(*asked):
        sums.add(block)
    amount, mean, expected = sums.amount(), sums.keyword_mean(), sums.expected()
    lengths: list[np.ndarray] = []  # of text, of what it leads to expect; of keyword blocks
    centred: list[np.ndarray] = []
    for block in _blocks(*asked):
        text = block.vectors - block.amounts @ amount
        lengths.append(np.linalg.norm([text, text @ expected], axis=2))
        centred.append(np.linalg.norm(block.keywords[block.has] - mean, axis=1))
    text_length, told = np.hstack(lengths).mean(1)
    known = np.concatenate(centred)
    text_scale = max(float(text_length), TINY)
    keyword_scale = max(float(known.mean()), TINY) if len(known) else 1.0
    amounts, numeric = np.concatenate(sums.amounts), np.concatenate(sums.numeric)
    fitted = {
        "amount": amount,
        "amount_low": amounts.min(0),
        "amount_high": amounts.max(0),
        "text_scale": text_scale,
        "keyword_mean": mean,
        "keyword_scale": keyword_scale,
        "expected": expected * (text_scale / keyword_scale),
        "expected_scale": max(float(told) / keyword_scale, TINY),
        "numeric_mean": numeric.mean(0),
        "numeric_std": np.maximum(numeric.std(0), TINY),
        "films": np.array(float(len(amounts))),
    }
    return {"space": numbers_table(fitted)}


@dataclass(frozen=True)
class _Block:
    """Some films: vectors and keyword blocks (n, dim), amounts (n, 5), numbers (n, 3), float64."""

    vectors: np.ndarray
    keywords: np.ndarray
    has: np.ndarray  # bool (n,): whether a film has keywords that are known
    amounts: np.ndarray
    numeric: np.ndarray


def _blocks(
    movies: pa.Table | Parts,
    features: pa.Table | Parts,
    embeddings: pa.Table | Parts,
    known: KeywordBlocks,
) -> Iterator[_Block]:
    parts = (parts_of(movies), parts_of(features), parts_of(embeddings))
    for own, made, embedded in zip(*parts, strict=True):
        keywords = known.of(keyword_lists(own))
        yield _Block(
            matrix_of(embedded).astype(np.float64),
            keywords,
            np.linalg.norm(keywords, axis=1) > 0,
            amounts_of(made),
            numeric_of(made),
        )


class _Sums:
    """Sums of products of amounts A, vectors V and keyword blocks K, from which fits follow.

    The first amount is 1, so that the first row of products is that of sums.
    """

    def __init__(self) -> None:
        self.amounts: list[np.ndarray] = []
        self.numeric: list[np.ndarray] = []
        self._all: np.ndarray | float = 0.0  # A'[A V]
        self._known: np.ndarray | float = 0.0  # [A V K]'[A V K] of films with keywords

    def add(self, block: _Block) -> None:
        """Take some films in."""
        self.amounts.append(block.amounts)
        self.numeric.append(block.numeric)
        self._all = self._all + block.amounts.T @ np.hstack([block.amounts, block.vectors])
        known = np.hstack([block.amounts, block.vectors, block.keywords])[block.has]
        self._known = self._known + known.T @ known

    def amount(self) -> np.ndarray:
        """Least squares of V on A, (5, dim)."""
        products = np.asarray(self._all)
        many = len(products)
        found, *_ = np.linalg.lstsq(products[:, :many], products[:, many:], rcond=_RANK)
        return np.asarray(found)

    def keyword_mean(self) -> np.ndarray:
        """The mean keyword block of films that have one, (dim,)."""
        products, _, k = self._parted()
        return np.asarray(products[0, k] / max(products[0, 0], 1.0))

    def expected(self) -> np.ndarray:
        """Ridge regression of K, centred, on what A leaves of V, (dim, dim)."""
        (products, v, k), m = self._parted(), self.amount()
        a = slice(0, len(m))
        gram = products[v, v] - products[v, a] @ m - m.T @ products[a, v]
        gram = gram + m.T @ products[a, a] @ m
        left = products[v, 0] - m.T @ products[a, 0]
        cross = products[v, k] - m.T @ products[a, k] - np.outer(left, self.keyword_mean())
        ridge = _RIDGE * max(float(np.trace(gram)), TINY) / len(gram)
        return np.asarray(np.linalg.solve(gram + ridge * np.eye(len(gram)), cross))

    def _parted(self) -> tuple[np.ndarray, slice, slice]:
        products, many = np.asarray(self._known), len(np.asarray(self._all))
        dim = (len(products) - many) // 2
        return products, slice(many, many + dim), slice(many + dim, None)
