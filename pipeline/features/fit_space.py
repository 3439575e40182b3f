"""Fits the space on a sample: what amounts of text and origins predict, and what text predicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.features.blocks import TINY, KeywordBlocks, amounts_of, keyword_lists, numeric_of
from pipeline.features.origins import frequent, genres_of, indicators, origins_of
from pipeline.features.space import arrays_to_table
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of
from pipeline.settings import FeatureSettings

__all__ = ["fit_space"]

_RANK = 1e-12  # smallest relative singular value of the squared amounts that counts
_RIDGE = 0.03  # as a share of the mean eigenvalue of the text blocks' second moments
# Films by which the effect of an origin is shrunk: with 20 films, half of it is subtracted.
_SHRINKAGE = 20.0


@stage(
    "space",
    version=4,
    inputs=("movies", "features", "embeddings", "vocabulary", "languages"),
    outputs=("space",),
    streamed=("movies", "features", "embeddings", "languages"),
)
def fit_space(
    movies: pa.Table | Parts,
    features: pa.Table | Parts,
    embeddings: pa.Table | Parts,
    vocabulary: pa.Table,
    settings: FeatureSettings,
    languages: pa.Table | Parts | None = None,
) -> dict[str, pa.Table]:
    """Fit the regressions and scales of the space on a sample of films.

    The tables are read part by part: `movies` and `languages` once to count origins and genres, all
    of them once for sums of products, from which the regressions follow, and once for the mean
    lengths of their residuals.

    Origins share themes: half of the Japanese films of a catalogue may be animated. Therefore
    genres are predictors beside them, whose part is not subtracted.

    Parameters
    ----------
    movies, features, embeddings : Table or Parts
        CLEAN_MOVIES, FEATURES and EMBEDDINGS of the sample, row by row the same films.
    vocabulary : Table
        VOCABULARY.
    settings : FeatureSettings
        Settings of the features.
    languages : Table or Parts, optional
        LANGUAGES of the sample; without them the language of the texts is unknown.

    Returns
    -------
    dict of str to Table
        "space": SPACE with these arrays of float64:

        - "amount" (5, dim): least-squares prediction of a text vector, less the parts of its
          origins, by the amounts of text
        - "origin:language:fr", "origin:text:en", "origin:country:FR" and so on (dim,): prediction
          by each origin that at least 20 films have, beside amounts and genres; ridge regression
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
    origins, genres = _predictors(movies, languages)
    labels = (*origins, *genres)
    tables = (movies, features, embeddings, languages)
    sums: _Sums | None = None
    for block in _blocks(*tables, known, labels):
        sums = sums or _Sums(block, len(origins))
        sums.add(block)
    assert sums is not None, "a table has at least one part, which may have no rows"
    subtracted, mean, expected = sums.subtracted(), sums.keyword_mean(), sums.expected()
    lengths: list[np.ndarray] = []  # of the text blocks, and of the keyword blocks they predict
    centred: list[np.ndarray] = []  # of the keyword blocks, around their mean
    for block in _blocks(*tables, known, labels):
        text = block.vectors - block.predictors[:, : len(subtracted)] @ subtracted
        lengths.append(np.linalg.norm([text, text @ expected], axis=2))
        centred.append(np.linalg.norm(block.keywords[block.has_keywords] - mean, axis=1))
    text_length, expected_length = np.hstack(lengths).mean(1)
    keyword_lengths = np.concatenate(centred)
    text_scale = max(float(text_length), TINY)
    keyword_scale = max(float(keyword_lengths.mean()), TINY) if len(keyword_lengths) else 1.0
    amounts, numeric = np.concatenate(sums.amounts), np.concatenate(sums.numeric)
    count = amounts.shape[1]
    fitted = {
        **dict(zip(origins, subtracted[count:], strict=True)),
        "amount": subtracted[:count],
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
    predictors : ndarray of shape (n_films, 5 + n_labels)
        The amounts, and the indicators of origins and genres.
    numeric : ndarray of shape (n_films, 3)
        See `numeric_of`.
    """

    vectors: np.ndarray
    keywords: np.ndarray
    has_keywords: np.ndarray
    amounts: np.ndarray
    predictors: np.ndarray
    numeric: np.ndarray


def _predictors(
    movies: pa.Table | Parts, languages: pa.Table | Parts | None
) -> tuple[list[str], list[str]]:
    """Return the origins and the genres that enough films of the sample have, by name."""
    origins = frequent(origins_of(*own) for own in _side_by_side(movies, languages))
    return origins, frequent(genres_of(own) for own in parts_of(movies))


def _side_by_side(
    movies: pa.Table | Parts, languages: pa.Table | Parts | None
) -> Iterator[tuple[pa.Table, pa.Table | None]]:
    """Yield the parts of both tables; None for missing languages."""
    if languages is None:
        yield from ((own, None) for own in parts_of(movies))
    else:
        yield from zip(parts_of(movies), parts_of(languages), strict=True)


def _blocks(
    movies: pa.Table | Parts,
    features: pa.Table | Parts,
    embeddings: pa.Table | Parts,
    languages: pa.Table | Parts | None,
    known: KeywordBlocks,
    labels: Sequence[str],
) -> Iterator[_Block]:
    """Yield the blocks of the films, part by part."""
    parts = (_side_by_side(movies, languages), parts_of(features), parts_of(embeddings))
    for (own_movies, own_languages), own_features, own_embeddings in zip(*parts, strict=True):
        keywords = known.of(keyword_lists(own_movies))
        amounts = amounts_of(own_features)
        pairs = zip(origins_of(own_movies, own_languages), genres_of(own_movies), strict=True)
        yield _Block(
            matrix_of(own_embeddings).astype(np.float64),
            keywords,
            np.linalg.norm(keywords, axis=1) > 0,
            amounts,
            np.hstack([amounts, indicators([[*o, *g] for o, g in pairs], labels)]),
            numeric_of(own_features),
        )


class _Sums:
    """Sums of products of predictors P, vectors V and keyword blocks K, from which the fits follow.

    The first predictor is 1, so the first row of products contains the sums. The predictors are
    amounts of text, then origins, then genres; amounts and origins are subtracted.

    Parameters
    ----------
    block : _Block
        One of the blocks, for the numbers of columns.
    origins : int
        Number of origins.
    """

    def __init__(self, block: _Block, origins: int) -> None:
        self.amounts: list[np.ndarray] = []
        self.numeric: list[np.ndarray] = []
        self._unshrunk, self._width = block.amounts.shape[1], block.predictors.shape[1]
        self._kept = self._unshrunk + origins
        self._all: np.ndarray | float = 0.0  # P'[P V]
        self._known: np.ndarray | float = 0.0  # [P V K]'[P V K] of films with keywords

    def add(self, block: _Block) -> None:
        """Add the films of a block."""
        self.amounts.append(block.amounts)
        self.numeric.append(block.numeric)
        self._all = self._all + block.predictors.T @ np.hstack([block.predictors, block.vectors])
        known = np.hstack([block.predictors, block.vectors, block.keywords])[block.has_keywords]
        self._known = self._known + known.T @ known

    def subtracted(self) -> np.ndarray:
        """Return what predicts the part of V that is subtracted, (5 + n_origins, dim)."""
        products, width = np.asarray(self._all), self._width
        ridge = np.full(width, _SHRINKAGE)
        ridge[: self._unshrunk] = 0.0
        gram = products[:, :width] + np.diag(ridge)
        solution, *_ = np.linalg.lstsq(gram, products[:, width:], rcond=_RANK)
        a, o = slice(0, self._unshrunk), slice(self._unshrunk, self._kept)
        # the amounts predict again, beside the origins alone: with genres as predictors, clusters
        # would follow the length of text where genres differ in it
        rest = products[a, width:] - products[a, o] @ solution[o]
        amount, *_ = np.linalg.lstsq(products[a, a], rest, rcond=_RANK)
        return np.vstack([amount, solution[o]])

    def keyword_mean(self) -> np.ndarray:
        """Return the mean keyword block of the films that have one, (dim,)."""
        products, _, k = self._products()
        return np.asarray(products[0, k] / max(products[0, 0], 1.0))

    def expected(self) -> np.ndarray:
        """Return the ridge regression of K, centred, on the residual of V, (dim, dim)."""
        (products, v, k), m = self._products(), self.subtracted()
        p = slice(0, len(m))
        gram = products[v, v] - products[v, p] @ m - m.T @ products[p, v]
        gram = gram + m.T @ products[p, p] @ m
        residual_sum = products[v, 0] - m.T @ products[p, 0]
        cross = products[v, k] - m.T @ products[p, k] - np.outer(residual_sum, self.keyword_mean())
        ridge = _RIDGE * max(float(np.trace(gram)), TINY) / len(gram)
        return np.asarray(np.linalg.solve(gram + ridge * np.eye(len(gram)), cross))

    def _products(self) -> tuple[np.ndarray, slice, slice]:
        """Return [P V K]'[P V K], and the columns of V and of K in it."""
        products, width = np.asarray(self._known), self._width
        dim = (len(products) - width) // 2
        return products, slice(width, width + dim), slice(width + dim, None)
