"""Points and assignments of old and new films in the space of a release's last mining."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cluster.assign import assign
from pipeline.features.blocks import keyword_lists
from pipeline.features.origins import origins_of
from pipeline.features.space import place_films
from pipeline.features.text import extract_features, measure_amounts
from pipeline.label.keywords.text_centroids import sum_by_cluster
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import SPACE
from pipeline.schemas.vectors import column_of_vectors, unit_rows
from pipeline.settings import FeatureSettings

__all__ = ["assign_to_release", "cluster_means", "place_in_release"]


def place_in_release(
    before: ReleasedTables,
    movies: pa.Table,
    vectors: np.ndarray,
    settings: FeatureSettings,
    languages: pa.Table,
) -> np.ndarray:
    """Compute the points of films in the space of a release.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    movies : Table
        Columns movie_id, overview, tagline, keywords, language and countries of the films.
    vectors : ndarray of shape (n_films, dim), float32
        Vectors of their texts, of unit length.
    settings : FeatureSettings
        The settings that the release was mined with.
    languages : Table
        LANGUAGES of the films, in any order; the language of a text that it lacks is unknown.

    Returns
    -------
    ndarray of shape (n_films, width), float32
        Points of unit length.
    """
    # only the other modes need sentiment and text, which take most of the time
    features = (
        measure_amounts(movies)
        if settings.mode == "embedding"
        else extract_features(movies, settings)["features"]
    )
    terms = None if settings.mode == "embedding" else before.any_table("tfidf")
    vocabulary, space = before.any_table("vocabulary"), before.table("space", SPACE)
    position = pc.index_in(
        movies.column("movie_id").combine_chunks(),
        value_set=languages.column("movie_id").combine_chunks(),
    )
    own_languages = languages.combine_chunks().take(position)
    return place_films(
        vectors,
        features,
        keyword_lists(movies),
        vocabulary,
        space,
        settings,
        terms,
        origins=origins_of(movies, own_languages),
    )


def assign_to_release(
    movie_ids: pa.ChunkedArray, points: np.ndarray, centroids: np.ndarray, weak_below: float
) -> pa.Table:
    """Assign films to the nearest centroids of a release.

    Parameters
    ----------
    movie_ids : pa.ChunkedArray
        Ids of the films.
    points : ndarray of shape (n_films, width), float32
        Points of the films, row by row.
    centroids : ndarray of shape (k, width), float32
        Centroids of the release.
    weak_below : float
        Similarity below which the mining marked films as weak.

    Returns
    -------
    pa.Table
        ASSIGNMENTS in the order of the films.
    """
    films = pa.table([movie_ids, column_of_vectors(points)], names=["movie_id", "vector"])
    table = assign(films, pa.table([column_of_vectors(centroids)], names=["vector"]))["assignments"]
    weak = pc.less(table["similarity"], pa.scalar(weak_below, pa.float32()))
    position = table.schema.get_field_index("weak")
    return table.set_column(position, table.schema.field("weak"), weak).combine_chunks()


def cluster_means(points: np.ndarray, clusters: np.ndarray, k: int) -> np.ndarray:
    """Return the mean of the points of each cluster, added up in the order of the rows.

    Parameters
    ----------
    points : ndarray of shape (n_films, width), float32
        Points of the films.
    clusters : ndarray of shape (n_films,), integer
        The cluster of each film.
    k : int
        Number of clusters.

    Returns
    -------
    ndarray of shape (k, width), float64
        Unit vectors; zero for a cluster without films.
    """
    total = np.zeros((k, points.shape[1]))
    own, sums = sum_by_cluster(points, clusters)
    total[own] = sums
    return unit_rows(total, dtype=None)
