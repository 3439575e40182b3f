"""Films of a release, and films that are new to it, in the space of its last mining."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.cluster.assign import two_best
from pipeline.features.space import place_films
from pipeline.features.text import amounts, features
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import SPACE
from pipeline.schemas.mining import ASSIGNMENTS
from pipeline.settings import FeatureSettings

__all__ = ["assigned", "members_means", "points_of"]


def points_of(
    before: ReleasedTables, movies: pa.Table, vectors: np.ndarray, settings: FeatureSettings
) -> np.ndarray:
    """Points of films, (films, width) float32, in the space of a release.

    Parameters
    ----------
    movies : overview, tagline and keywords of the films. vectors : (films, dim) of their texts.
    """
    # sentiment and text count in the other modes only, and take most of the time
    made = (
        amounts(movies) if settings.mode == "embedding" else features(movies, settings)["features"]
    )
    terms = None if settings.mode == "embedding" else before.any_table("tfidf")
    keywords = [list(words or []) for words in movies.column("keywords").to_pylist()]
    vocabulary, space = before.any_table("vocabulary"), before.table("space", SPACE)
    return place_films(vectors, made, keywords, vocabulary, space, settings, terms)


def assigned(
    movie_ids: pa.ChunkedArray, points: np.ndarray, centroids: np.ndarray, weak_below: float
) -> pa.Table:
    """ASSIGNMENTS of films to centroids that stand; weak as the mining drew the line."""
    best, cosine = two_best(points, centroids)
    alone = best.shape[1] < 2
    similarity = cosine[:, 0].astype(np.float32)
    margin = None if alone else cosine[:, 0] - cosine[:, 1]
    columns = [
        movie_ids.combine_chunks(),
        pa.array(best[:, 0], pa.int32()),
        pa.array(similarity),
        pa.nulls(len(best), pa.int32()) if alone else pa.array(best[:, 1], pa.int32()),
        pa.nulls(len(best), pa.float32()) if margin is None else pa.array(margin, pa.float32()),
        pa.array(similarity < np.float32(weak_below)),
    ]
    return pa.table(columns, schema=ASSIGNMENTS)


def members_means(points: np.ndarray, clusters: np.ndarray, k: int) -> np.ndarray:
    """The unit mean of the points of each cluster, (k, width) float64; zero where there are none.

    Added up in the order of the rows.
    """
    total = np.zeros((k, points.shape[1]))
    order = np.argsort(clusters, kind="stable")
    own, starts = np.unique(clusters[order], return_index=True)
    if len(own):
        total[own] = np.add.reduceat(points[order], starts, axis=0, dtype=np.float64)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))
