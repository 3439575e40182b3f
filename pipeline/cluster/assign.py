"""Assigns every film to its nearest centroid, with the runner-up and the margin."""

from __future__ import annotations

import faiss
import numpy as np
import pyarrow as pa

from pipeline.cluster.lloyd import nearest_centroids
from pipeline.schemas.mining import ASSIGNMENTS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import matrix_of

__all__ = ["assign", "top_two"]


@stage("assign", inputs=("points", "centroids"), outputs=("assignments",))
def assign(points: pa.Table, centroids: pa.Table) -> dict[str, pa.Table]:
    """Assign the films of one partition to their nearest centroid.

    Parameters
    ----------
    points : pyarrow.Table of schema `POINTS`
        Films in the clustering space.
    centroids : pyarrow.Table of schema `CENTROIDS`
        One row per cluster, sorted by cluster.

    Returns
    -------
    dict
        "assignments": ASSIGNMENTS in the order of `points`. `weak` is False, since it depends on
        all films of the release. If there is one cluster, `runner_up` and `margin` are null.
    """
    clusters, cosine = top_two(matrix_of(points), matrix_of(centroids))
    films, single = len(points), clusters.shape[1] < 2
    margin = None if single else cosine[:, 0] - cosine[:, 1]
    columns = [
        points.column("movie_id").combine_chunks(),
        pa.array(clusters[:, 0], pa.int32()),
        pa.array(cosine[:, 0], pa.float32()),
        pa.nulls(films, pa.int32()) if single else pa.array(clusters[:, 1], pa.int32()),
        pa.nulls(films, pa.float32()) if margin is None else pa.array(margin, pa.float32()),
        pa.array(np.zeros(films, bool)),
    ]
    return {"assignments": pa.table(columns, schema=ASSIGNMENTS)}


def top_two(points: np.ndarray, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest and the second-nearest centroid of each point.

    Parameters
    ----------
    points : ndarray of shape (n_points, dim), float32
        Unit vectors.
    centroids : ndarray of shape (k, dim), float32
        Unit vectors.

    Returns
    -------
    clusters : ndarray of shape (n_points, 2), int64
        Row numbers of the centroids, 0 to k - 1; of shape (n_points, 1) if k is 1.
    cosine : ndarray of the shape of `clusters`, float32
        Cosine similarities, -1 to 1.

    Examples
    --------
    >>> points = np.array([[1.0, 0.0], [0.6, 0.8]])
    >>> clusters, cosine = top_two(points, np.eye(2))
    >>> clusters.tolist(), cosine.round(1).tolist()
    ([[0, 1], [1, 0]], [[1.0, 0.0], [0.800000011920929, 0.6000000238418579]])
    """
    faiss.omp_set_num_threads(1)
    return nearest_centroids(points, centroids, 2)
