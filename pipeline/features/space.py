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

from pipeline.features.blocks import (
    TINY,
    KeywordBlocks,
    amounts_of,
    keyword_lists,
    numeric_of,
)
from pipeline.features.text import tfidf
from pipeline.schemas.lineage import SPACE
from pipeline.schemas.mining import POINTS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of, unit_rows
from pipeline.settings import FeatureSettings

__all__ = ["numbers_of", "numbers_table", "place", "place_films"]


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


@stage(
    "points",
    inputs=("movies", "features", "embeddings", "vocabulary", "space", "terms"),
    outputs=("points",),
)
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
        matrix_of(embeddings), features, keyword_lists(movies), vocabulary, space, settings, terms
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
    amounts = np.clip(amounts_of(features), fitted["amount_low"], fitted["amount_high"])
    text = (vectors - amounts @ fitted["amount"]) / fitted["text_scale"]
    block = KeywordBlocks(vocabulary, float(fitted["films"])).of(keywords)
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
        numeric = (numeric_of(features) - fitted["numeric_mean"]) / fitted["numeric_std"]
        scaled = np.clip(numeric, -3, 3) / np.sqrt(numeric.shape[1])
        blocks.append(_share(settings.numeric_weight) * scaled)
    mixed = np.hstack([unit_rows(blocks[0], dtype=None), *blocks[1:]])
    return unit_rows(mixed)


def _share(weight: float) -> float:
    """The length of a block that makes up `weight` of the squared length beside a unit block."""
    return float(np.sqrt(weight / max(1 - weight, TINY)))
