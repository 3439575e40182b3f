"""Points and assignments of old and new films in the space of a release's last mining."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cluster.lloyd import nearest_centroids
from pipeline.features.blocks import keyword_lists
from pipeline.features.origins import origins_of
from pipeline.features.space import place_films
from pipeline.features.text import extract_features, measure_amounts
from pipeline.inference.known_films import known_films
from pipeline.inference.shelf_rule import PARTS_OF_NAMES, ShelfRule
from pipeline.label.keywords.text_centroids import sum_by_cluster
from pipeline.label.shelves.assigned import measured_assignments
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import SPACE
from pipeline.schemas.vectors import matrix_of, unit_rows
from pipeline.settings import FeatureSettings

__all__ = ["assign_to_release", "choose_in_release", "cluster_means", "place_in_release"]


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


def choose_in_release(
    before: ReleasedTables, films: pa.Table, points: np.ndarray, languages: pa.Table
) -> np.ndarray:
    """Choose the micro-genres of films by nearness and by what the names say, see `ShelfRule`.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    films : pa.Table
        CLEAN_MOVIES or RELEASED_MOVIES.
    points : ndarray of shape (n_films, width), float32
        Points of the films, row by row.
    languages : pa.Table
        LANGUAGES, row by row the same films.

    Returns
    -------
    ndarray of shape (n_films,), int64
        Cluster of each film.
    """
    labels = before.micro_genres.select(PARTS_OF_NAMES).to_pylist()
    rule = ShelfRule(labels, matrix_of(before.centroids), before.manifest.shelves)
    return rule.choose(points, known_films(films, languages))


def assign_to_release(
    movie_ids: pa.ChunkedArray,
    points: np.ndarray,
    centroids: np.ndarray,
    weak_below: float,
    clusters: np.ndarray | None = None,
) -> pa.Table:
    """Return the assignments of films to the micro-genres of a release.

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
    clusters : ndarray of shape (n_films,), int64, optional
        Cluster of each film, see `choose_in_release`; by default that of the nearest centroid.

    Returns
    -------
    pa.Table
        ASSIGNMENTS in the order of the films.
    """
    if clusters is None:
        clusters = nearest_centroids(points, centroids, 1)[0][:, 0]
    table = measured_assignments(movie_ids, points, clusters, centroids)
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
