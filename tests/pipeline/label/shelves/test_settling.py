"""The last assignment of all films."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.label.shelves.assigned import mean_points, padded
from pipeline.label.shelves.settling import measure_films, settle_films
from pipeline.schemas.vectors import matrix_of
from tests.pipeline.label.shelves.parts_of_films import (
    angles,
    centroids_of,
    film_parts,
    number,
    parts_table,
    points_of,
)


def test_films_in_no_cluster_settle_on_shelves_or_the_nearest_centroid() -> None:
    films = ["ghost|Drama", "Drama|language:hi", "Drama", "Comedy", ""]
    parts = parts_table([*films, *["language:en"] * 9])
    assigned = pa.table({"cluster": pa.array([0, -1, -1, -1, -1], pa.int32())})
    shelves = [[number("language:hi"), number("Drama"), None], [None, number("Drama"), None]]
    rows, means = angles(0, 0, 0, 80, 10), angles(0, 90)
    found = settle_films(
        points_of(rows), film_parts(films), assigned, parts, centroids_of(means), shelves
    )
    assert found["assignments"].column("cluster").to_pylist() == [0, 2, 3, 1, 0]
    assert found["sums"].column("films").to_pylist() == [2, 1, 1, 1]
    wider, sizes = mean_points([found["sums"]], padded(centroids_of(means), 4))
    assert sizes.tolist() == [2, 1, 1, 1]
    np.testing.assert_allclose(matrix_of(wider)[2:], rows[1:3], atol=1e-6)
    none = settle_films(
        points_of(rows), film_parts(films), assigned, parts, centroids_of(means), []
    )
    assert none["assignments"].column("cluster").to_pylist() == [0, 0, 0, 1, 0]


def test_measures_follow_the_numbers_of_centroids() -> None:
    rows, means = angles(10, 80), angles(90, 0)
    own = pa.table({"cluster": pa.array([5, 2], pa.int32())})
    numbers = pa.table({"number": pa.array([-1, -1, 0, -1, -1, 1], pa.int32())})
    table = measure_films(points_of(rows), own, centroids_of(means), numbers)["assignments"]
    assert table.column("cluster").to_pylist() == [1, 0]
    assert table.column("runner_up").to_pylist() == [0, 1]
    np.testing.assert_allclose(table.column("similarity"), [np.cos(np.pi / 18)] * 2, atol=1e-6)
