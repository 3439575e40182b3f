"""The space in which films are clustered: blocks of features, each scaled, then combined.

From a film's text vector, what the amount of text and the film's origin predict is subtracted: a
long overview, many keywords, a tagline, a language or a country is no theme. The mean of its
keywords' own vectors is added; a film without keywords gets the keyword block that its text
predicts. The modes with TF-IDF or numeric features append these as further columns. Each block is
scaled to mean length 1 before it is weighted, so that no column dominates.
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
from pipeline.features.origins import origins_of, subtract_origins
from pipeline.features.text import tfidf_vectors
from pipeline.schemas.lineage import SPACE
from pipeline.schemas.mining import POINTS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of, unit_rows
from pipeline.settings import FeatureSettings

__all__ = ["arrays_to_table", "place", "place_films", "table_to_arrays"]


def arrays_to_table(arrays: Mapping[str, np.ndarray | float]) -> pa.Table:
    """Return named arrays as a table SPACE, by name.

    Parameters
    ----------
    arrays : mapping of str to ndarray or float
        Arrays of any shape; they are stored as float64.

    Examples
    --------
    >>> table = arrays_to_table({"mean": np.array([0.5, 1.0]), "films": 2.0})
    >>> table.column("name").to_pylist()
    ['films', 'mean']
    >>> table_to_arrays(table)["mean"].tolist()
    [0.5, 1.0]
    """
    stored = {name: np.asarray(value, np.float64) for name, value in sorted(arrays.items())}
    columns = [
        list(stored),
        [list(array.shape) for array in stored.values()],
        [array.ravel().tolist() for array in stored.values()],
    ]
    return pa.table(columns, schema=SPACE)


def table_to_arrays(space: pa.Table) -> dict[str, np.ndarray]:
    """Return the arrays of a table SPACE by name, float64."""
    return {row["name"]: np.array(row["values"]).reshape(row["shape"]) for row in space.to_pylist()}


@stage(
    "points",
    version=3,
    inputs=("movies", "features", "embeddings", "vocabulary", "space", "terms", "languages"),
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
    languages: pa.Table | None = None,
) -> dict[str, pa.Table]:
    """Compute the points of the films of one partition.

    Parameters
    ----------
    movies, features, embeddings : Table
        CLEAN_MOVIES, FEATURES and EMBEDDINGS, row by row the same films.
    vocabulary : Table
        VOCABULARY.
    space : Table
        SPACE of `fit_space`.
    settings : FeatureSettings
        Mode and weights.
    terms : Table, optional
        Result of `fit_tfidf`, for the modes with TF-IDF.
    languages : Table, optional
        LANGUAGES of the same films.

    Returns
    -------
    dict of str to Table
        "points": POINTS, in the order of `movies`.
    """
    points = place_films(
        matrix_of(embeddings),
        features,
        keyword_lists(movies),
        vocabulary,
        space,
        settings,
        terms,
        origins=origins_of(movies, languages),
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
    *,
    origins: Sequence[Sequence[str]] | None = None,
) -> np.ndarray:
    """Compute the points of films from their text vectors, features, keywords and origins.

    Parameters
    ----------
    vectors : ndarray of shape (n_films, dim), float32
        Text vectors of unit length.
    features : Table
        FEATURES of the films; desc_length, num_keywords and has_tagline suffice for the mode
        "embedding".
    keywords : sequence of sequence of str
        Keywords of each film.
    vocabulary : Table
        VOCABULARY.
    space : Table
        SPACE of `fit_space`.
    settings : FeatureSettings
        Mode and weights.
    terms : Table, optional
        Result of `fit_tfidf`, for the modes with TF-IDF; the block is left out if it has no rows.
    origins : sequence of sequence of str, optional
        Result of `origins_of`; None if nothing is known of all the films. What is unknown, and
        origins with few films in the sample, change nothing.

    Returns
    -------
    ndarray of shape (n_films, width), float32
        Points of unit length. The width is dim, plus the TF-IDF components, plus 3
        in the mode "full".
    """
    fitted = table_to_arrays(space)
    # outside the amounts of text that were fitted, the regression is not extrapolated
    amounts = np.clip(amounts_of(features), fitted["amount_low"], fitted["amount_high"])
    own = [()] * len(vectors) if origins is None else origins
    residual = subtract_origins(vectors, own, fitted) - amounts @ fitted["amount"]
    text = residual / fitted["text_scale"]
    block = KeywordBlocks(vocabulary, float(fitted["films"])).of(keywords)
    has_keywords = np.linalg.norm(block, axis=1, keepdims=True) > 0
    # a film without keywords gets the block that its text predicts; with zeros, all such films
    # would be near each other, whatever their themes
    predicted = text @ fitted["expected"] / fitted["expected_scale"]
    centred = (block - fitted["keyword_mean"]) / fitted["keyword_scale"]
    blocks = [text + settings.keyword_weight * np.where(has_keywords, centred, predicted)]
    if terms is not None and len(terms) and settings.mode != "embedding":
        model = {
            "term": np.array(terms.column("term").to_pylist(), object),
            "idf": terms.column("idf").to_numpy(),
            "vector": matrix_of(terms),
        }
        tfidf = tfidf_vectors(features.column("text").to_pylist(), model)
        blocks.append(_relative_length(settings.tfidf_weight) * tfidf)
    if settings.mode == "full":
        numeric = (numeric_of(features) - fitted["numeric_mean"]) / fitted["numeric_std"]
        scaled = np.clip(numeric, -3, 3) / np.sqrt(numeric.shape[1])
        blocks.append(_relative_length(settings.numeric_weight) * scaled)
    combined = np.hstack([unit_rows(blocks[0], dtype=None), *blocks[1:]])
    return unit_rows(combined)


def _relative_length(weight: float) -> float:
    """Return the length of a block whose share of the squared length is `weight`, beside 1."""
    return float(np.sqrt(weight / max(1 - weight, TINY)))
