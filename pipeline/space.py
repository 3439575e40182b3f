"""The space in which films are clustered: blocks of features, each scaled, then mixed.

A film's text vector loses what its amount of text alone predicts (a long overview, a list of
keywords, a tagline: none of them is a theme), and gains the mean of its keywords' own vectors;
a film without keywords gains what its text leads one to expect of them.
TF-IDF and numeric blocks stand beside these in the modes that ask for them. Every block has mean
length 1 before its weight, so that no column drowns the vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pipeline.features import normal_keyword, tfidf
from pipeline.settings import FeatureSettings
from pipeline.tables import POINTS, column_of_vectors, matrix_of

__all__ = ["SPACE", "fit_space", "numbers_of", "numbers_table", "place", "place_films"]

# The fitted numbers, by name; what a release needs to place an unseen film.
SPACE = pa.schema(
    [("name", pa.string()), ("shape", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))]
)

_TINY = 1e-12
_RIDGE = 0.03  # as a share of the mean eigenvalue of the text blocks' second moments


def fit_space(
    movies: pa.Table,
    features: pa.Table,
    embeddings: pa.Table,
    vocabulary: pa.Table,
    settings: FeatureSettings,
) -> dict[str, pa.Table]:
    """Fit the scales on a sample of films, row by row the same in the first three tables.

    Returns
    -------
    {"space": SPACE} with "amount" (5, dim): least-squares prediction of a vector by the amount of
    text; "amount_low" and "amount_high" (5,): the amounts that were seen; "text_scale",
    "keyword_mean" (dim,), "keyword_scale", "expected" (dim, dim): ridge regression (Hoerl and
    Kennard 1970) of the keyword block on the text block; "expected_scale", "numeric_mean" (3,),
    "numeric_std" (3,) and "films", how many the scales are fitted on.
    """
    vectors = matrix_of(embeddings).astype(np.float64)
    amounts = _amounts(features)
    amount, *_ = np.linalg.lstsq(amounts, vectors, rcond=None)
    residual = vectors - amounts @ amount
    keywords = _keyword_block(_lists(movies), vocabulary, len(movies))
    has = np.linalg.norm(keywords, axis=1) > 0
    mean = keywords[has].mean(0) if has.any() else np.zeros(keywords.shape[1])
    text = residual / _mean_length(residual)
    scale = _mean_length(keywords[has] - mean)
    expected = _regression(text[has], (keywords[has] - mean) / scale)
    numeric = _numeric(features)
    fitted = {
        "amount": amount,
        "amount_low": amounts.min(0),
        "amount_high": amounts.max(0),
        "text_scale": _mean_length(residual),
        "keyword_mean": mean,
        "keyword_scale": scale,
        "expected": expected,
        "expected_scale": _mean_length(text @ expected),
        "numeric_mean": numeric.mean(0),
        "numeric_std": np.maximum(numeric.std(0), _TINY),
        "films": np.array(float(len(movies))),
    }
    return {"space": numbers_table(fitted)}


def numbers_table(fitted: Mapping[str, np.ndarray | float]) -> pa.Table:
    """Named arrays as SPACE, by name."""
    arrays = {name: np.asarray(value, np.float64) for name, value in sorted(fitted.items())}
    columns = [
        list(arrays),
        [list(array.shape) for array in arrays.values()],
        [array.ravel().tolist() for array in arrays.values()],
    ]
    return pa.table(columns, schema=SPACE)


def numbers_of(space: pa.Table) -> dict[str, np.ndarray]:
    """The arrays of SPACE by name, float64."""
    return {row["name"]: np.array(row["values"]).reshape(row["shape"]) for row in space.to_pylist()}


def place(
    movies: pa.Table,
    features: pa.Table,
    embeddings: pa.Table,
    vocabulary: pa.Table,
    space: pa.Table,
    settings: FeatureSettings,
    terms: pa.Table | None = None,
) -> dict[str, pa.Table]:
    """Place the films of one partition: {"points": POINTS}, unit vectors in the order given."""
    points = place_films(
        matrix_of(embeddings), features, _lists(movies), vocabulary, space, settings, terms
    )
    columns = [movies.column("movie_id").combine_chunks(), column_of_vectors(points)]
    return {"points": pa.table(columns, schema=POINTS(points.shape[1]))}


def place_films(
    vectors: np.ndarray,
    features: pa.Table,
    keywords: Sequence[Sequence[str]],
    vocabulary: pa.Table,
    space: pa.Table,
    settings: FeatureSettings,
    terms: pa.Table | None = None,
) -> np.ndarray:
    """Points of films, (films, width) float32 of unit length, from their text vectors and facts."""
    fitted = numbers_of(space)
    # a text shorter than any that was fitted is treated as the shortest: no line beyond its data
    amounts = np.clip(_amounts(features), fitted["amount_low"], fitted["amount_high"])
    text = (vectors - amounts @ fitted["amount"]) / fitted["text_scale"]
    block = _keyword_block(keywords, vocabulary, float(fitted["films"]))
    has = np.linalg.norm(block, axis=1, keepdims=True) > 0
    # without keywords, those that its text leads one to expect: zeros would draw such films
    # together, whatever they are about
    expected = text @ fitted["expected"] / fitted["expected_scale"]
    block = np.where(has, (block - fitted["keyword_mean"]) / fitted["keyword_scale"], expected)
    blocks = [text + settings.keyword_weight * block]
    if terms is not None and settings.mode != "embedding":
        model = {
            "term": np.array(terms.column("term").to_pylist(), object),
            "idf": terms.column("idf").to_numpy(),
            "vector": matrix_of(terms),
        }
        found = tfidf(features.column("text").to_pylist(), model)
        blocks.append(_share(settings.tfidf_weight) * found)
    if settings.mode == "full":
        numeric = (_numeric(features) - fitted["numeric_mean"]) / fitted["numeric_std"]
        scaled = np.clip(numeric, -3, 3) / np.sqrt(numeric.shape[1])
        blocks.append(_share(settings.numeric_weight) * scaled)
    mixed = np.hstack([_unit(blocks[0]), *blocks[1:]])
    return _unit(mixed).astype(np.float32)


def _share(weight: float) -> float:
    """The length of a block that makes up `weight` of the squared length beside a unit block."""
    return float(np.sqrt(weight / max(1 - weight, _TINY)))


def _lists(movies: pa.Table) -> list[list[str]]:
    return [list(keywords or []) for keywords in movies.column("keywords").to_pylist()]


def _amounts(features: pa.Table) -> np.ndarray:
    """How much text a film has, (films, 5): what a vector is cleared of."""
    length = features.column("desc_length").to_numpy().astype(np.float64)
    keywords = features.column("num_keywords").to_numpy().astype(np.float64)
    tagline = features.column("has_tagline").to_numpy(zero_copy_only=False).astype(np.float64)
    ones = np.ones(len(length))
    return np.stack([ones, np.log1p(length), keywords > 0, np.log1p(keywords), tagline], axis=1)


def _numeric(features: pa.Table) -> np.ndarray:
    length = np.log1p(features.column("desc_length").to_numpy().astype(np.float64))
    keywords = np.log1p(features.column("num_keywords").to_numpy().astype(np.float64))
    return np.stack([length, keywords, features.column("sentiment_score").to_numpy()], axis=1)


def _keyword_block(
    keywords: Sequence[Sequence[str]], vocabulary: pa.Table, films: float
) -> np.ndarray:
    """The mean of each film's keyword vectors, rarer keywords counting more; unit or zero."""
    vectors = matrix_of(vocabulary).astype(np.float64)
    known: Mapping[str, int] = {
        keyword: row for row, keyword in enumerate(vocabulary.column("keyword").to_pylist())
    }
    rarity = np.log(np.maximum(films, 2) / np.maximum(vocabulary.column("films").to_numpy(), 1))
    block = np.zeros((len(keywords), vectors.shape[1]))
    for row, names in enumerate(keywords):
        normal = dict.fromkeys(normal_keyword(name) for name in names)
        rows = [known[name] for name in normal if name in known]
        if rows:
            block[row] = np.maximum(rarity[rows], _TINY) @ vectors[rows]
    return _unit(block)


def _regression(text: np.ndarray, keywords: np.ndarray) -> np.ndarray:
    """Ridge regression (dim, dim) of keyword blocks on text blocks, films by row."""
    if not len(text):
        return np.zeros((text.shape[1], keywords.shape[1]))
    gram = text.T @ text
    ridge = _RIDGE * max(float(np.trace(gram)), _TINY) / len(gram)
    return np.asarray(np.linalg.solve(gram + ridge * np.eye(len(gram)), text.T @ keywords))


def _mean_length(block: np.ndarray) -> float:
    return max(float(np.linalg.norm(block, axis=1).mean()), _TINY) if len(block) else 1.0


def _unit(block: np.ndarray) -> np.ndarray:
    return np.asarray(block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), _TINY))
