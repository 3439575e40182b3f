"""The last assignment of all films: those in no cluster, and the figures of each assignment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipeline.label.shelves.assigned import measured_assignments, sum_films
from pipeline.label.shelves.rest import rest_keys, shelve_rest
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import matrix_of

__all__ = ["measure_films", "settle_films"]


@stage(
    "settle-films",
    inputs=("points", "film_parts", "assignments", "parts", "centroids"),
    outputs=("assignments", "sums"),
)
def settle_films(
    points: pa.Table,
    film_parts: pa.Table,
    assignments: pa.Table,
    parts: pa.Table,
    centroids: pa.Table,
    shelves: Sequence[Sequence[int | None]],
    numbers: Sequence[int],
) -> dict[str, pa.Table]:
    """Assign the films of one partition that are in no cluster.

    Parameters
    ----------
    points, film_parts, assignments : pa.Table
        POINTS, FILM_PARTS and ASSIGNMENTS, row by row the same films.
    parts : pa.Table
        PARTS.
    centroids : pa.Table
        CENTROIDS of the k clusters.
    shelves : sequence of sequence of int or None
        `key` of each `RestShelf`. Films that none of them has go to the nearest
        centroid.
    numbers : sequence of int
        Cluster of each of these shelves: below k, or a further one.

    Returns
    -------
    dict of str to pa.Table
        `assignments`: cluster (int32) of each film. `sums`: SUMS of all clusters.
    """
    rows, means = matrix_of(points), matrix_of(centroids)
    assigned = assignments.column("cluster").to_numpy().astype(np.int64)
    rest = np.flatnonzero(assigned < 0)
    if len(rest):
        position = shelve_rest(rest_keys(film_parts, parts)[rest], shelves)
        number = np.append(np.asarray(numbers, np.int64), -1)[position]
        assigned[rest] = np.where(number >= 0, number, (rows[rest] @ means.T).argmax(1))
    return {
        "assignments": pa.table([pa.array(assigned, pa.int32())], ["cluster"]),
        "sums": sum_films(rows, assigned),
    }


@stage(
    "measure-films",
    inputs=("points", "assignments", "centroids", "numbers"),
    outputs=("assignments",),
)
def measure_films(
    points: pa.Table, assignments: pa.Table, centroids: pa.Table, numbers: pa.Table
) -> dict[str, pa.Table]:
    """Return ASSIGNMENTS of films whose clusters are decided.

    Parameters
    ----------
    points : pa.Table
        POINTS.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.
    centroids : pa.Table
        CENTROIDS.
    numbers : pa.Table
        Column number (int32): the row of `centroids` of each cluster.

    Returns
    -------
    dict of str to pa.Table
        `assignments`: ASSIGNMENTS, see `measured_assignments`.
    """
    rows, means = matrix_of(points), matrix_of(centroids)
    own = numbers.column("number").to_numpy()[assignments.column("cluster").to_numpy()]
    ids = points.column("movie_id")
    return {"assignments": measured_assignments(ids, rows, own.astype(np.int64), means)}
