"""Sums of the points of each micro-genre, from which drift measures how far its films have moved.

An update adds the points of new films and takes off those of films that left or have other texts.
After a mining, a centroid is the unit mean of the points of its films, so their sum is the centroid
times the sum of their similarities.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.inference.placement import place_in_release
from pipeline.label.keywords.text_centroids import sum_by_cluster
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import LANGUAGES, point_sums_schema
from pipeline.schemas.mining import RELEASED_MOVIES
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import FeatureSettings
from pipeline.update.edited_table import rows_of_films, vectors_of_films

__all__ = ["POINT_COLUMNS", "point_sums", "sums_table"]

_TABLE = "point_sums"
# Columns of films from which their points are computed, and their cluster.
POINT_COLUMNS = ("movie_id", "overview", "tagline", "keywords", "language", "countries", "cluster")


def sums_table(sums: np.ndarray) -> pa.Table:
    """Return point_sums_schema of sums, (k, width) float64, in the order of the clusters."""
    columns = [pa.array(range(len(sums)), pa.int32()), column_of_vectors(sums, "float64")]
    return pa.table(columns, schema=point_sums_schema(sums.shape[1]))


def point_sums(
    before: ReleasedTables,
    gone: pa.Array,
    clusters: np.ndarray,
    points: np.ndarray,
    settings: FeatureSettings,
) -> np.ndarray:
    """Return the sum of the points of each micro-genre after a change.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    gone : pa.Array
        Ids of films whose points no longer count; some may not be in the release.
    clusters : ndarray of shape (n_added,), integer
        Cluster of each film with a new point.
    points : ndarray of shape (n_added, width), float32
        The new points.
    settings : FeatureSettings
        The settings that the release was mined with.

    Returns
    -------
    ndarray of shape (k, width), float64
    """
    sums = _sums_before(before, settings)
    own, added = sum_by_cluster(points, clusters)
    sums[own] += added
    old = before.films(gone)
    if len(old):
        vectors = before.parts("embeddings", _vectors(before))
        known = vectors_of_films(vectors, old["movie_id"].combine_chunks())
        were = place_in_release(before, old, known, settings, _languages(before, old))
        own, removed = sum_by_cluster(were, old["cluster"].to_numpy())
        sums[own] -= removed
    return sums


def _sums_before(before: ReleasedTables, settings: FeatureSettings) -> np.ndarray:
    """The sums of a release, (k, width) float64."""
    centroids = matrix_of(before.centroids).astype(np.float64)
    if f"{_TABLE}.parquet" in before.manifest.files:
        return _matrix(before.table(_TABLE, point_sums_schema(centroids.shape[1])))
    short = pa.schema([RELEASED_MOVIES.field(name) for name in ("cluster", "similarity")])
    if before.manifest.kind == "mined" and before.manifest.shelves is not None:
        lengths = np.zeros(len(centroids))
        for part in before.parts("movies", short):
            similarity = part["similarity"].to_numpy().astype(np.float64)
            lengths += np.bincount(part["cluster"].to_numpy(), similarity, len(centroids))
        return centroids * lengths[:, None]
    return _all_sums(before, settings, centroids.shape)


def _all_sums(
    before: ReleasedTables, settings: FeatureSettings, shape: tuple[int, ...]
) -> np.ndarray:
    """The sums of a release of an earlier version, from the points of all films."""
    schema = pa.schema([RELEASED_MOVIES.field(name) for name in POINT_COLUMNS])
    films = pa.concat_tables(before.parts("movies", schema)).combine_chunks()
    ids = films["movie_id"].combine_chunks()
    sums = np.zeros(shape)
    for part in before.parts("embeddings", _vectors(before)):
        rows = pc.index_in(part["movie_id"].combine_chunks(), value_set=ids)
        own = films.take(rows).combine_chunks()
        points = place_in_release(before, own, matrix_of(part), settings, _languages(before, own))
        found, totals = sum_by_cluster(points, own["cluster"].to_numpy())
        sums[found] += totals
    return sums


def _vectors(before: ReleasedTables) -> pa.Schema:
    """Return the columns movie_id and vector of EMBEDDINGS."""
    return pa.schema([before.embedding_schema.field(name) for name in ("movie_id", "vector")])


def _languages(before: ReleasedTables, films: pa.Table) -> pa.Table:
    """LANGUAGES of some films."""
    return rows_of_films(before.parts("languages", LANGUAGES), films["movie_id"].combine_chunks())


def _matrix(table: pa.Table) -> np.ndarray:
    column = table.sort_by("cluster")["vector"].combine_chunks()
    return np.array(column.flatten().to_numpy()).reshape(len(table), column.type.list_size)
