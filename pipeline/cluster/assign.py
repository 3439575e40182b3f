"""Every film to its micro-genre, with the runner-up and the margin; none is dropped."""

from __future__ import annotations

import faiss
import numpy as np
import pyarrow as pa

from pipeline.cluster.lloyd import best
from pipeline.schemas.mining import ASSIGNMENTS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import matrix_of

__all__ = ["assign", "two_best"]


@stage("assign", inputs=("points", "centroids"), outputs=("assignments",))
def assign(points: pa.Table, centroids: pa.Table) -> dict[str, pa.Table]:
    """Nearest and next nearest centroid of each film of one partition.

    Returns
    -------
    {"assignments": ASSIGNMENTS in the order of `points`}; `weak` is False here, since what is weak
    depends on all films; with one cluster `runner_up` and `margin` are null.
    """
    nearest, similarity = two_best(matrix_of(points), matrix_of(centroids))
    alone = nearest.shape[1] < 2
    films = len(points)
    margin = None if alone else similarity[:, 0] - similarity[:, 1]
    columns = [
        points.column("movie_id").combine_chunks(),
        pa.array(nearest[:, 0], pa.int32()),
        pa.array(similarity[:, 0], pa.float32()),
        pa.nulls(films, pa.int32()) if alone else pa.array(nearest[:, 1], pa.int32()),
        pa.nulls(films, pa.float32()) if margin is None else pa.array(margin, pa.float32()),
        pa.array(np.zeros(films, bool)),
    ]
    return {"assignments": pa.table(columns, schema=ASSIGNMENTS)}


def two_best(points: np.ndarray, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers and cosines of the two nearest centroids, (films, 2) or (films, 1) when k = 1."""
    faiss.omp_set_num_threads(1)
    return best(points, centroids, 2)
