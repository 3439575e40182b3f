"""The last assignment of all films."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

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

FILMS = ["ghost|Drama", "Drama|language:hi", "Drama", "Comedy", ""]
ROWS, MEANS = angles(0, 0, 0, 80, 10), angles(0, 90)


def settle(
    shelves: Sequence[str], numbers: Sequence[int], clusters: Sequence[int] = (0, -1, -1, -1, -1)
) -> dict[str, pa.Table]:
    """Settle FILMS; a shelf is written "genre|language"."""
    keys = [
        [*(number(key) if key else None for key in own.split("|")), None, None] for own in shelves
    ]
    return settle_films(
        points_of(ROWS),
        film_parts(FILMS),
        pa.table({"cluster": pa.array(clusters, pa.int32())}),
        parts_table([*FILMS, *["language:en"] * 9]),
        centroids_of(MEANS),
        keys,
        numbers,
    )


def clusters_of(found: dict[str, pa.Table]) -> list[int]:
    return [int(n) for n in found["assignments"].column("cluster").to_pylist()]


def test_films_in_no_cluster_settle_on_shelves_or_the_nearest_centroid() -> None:
    found = settle(["Drama|language:hi", "Drama|"], [2, 3])
    assert clusters_of(found) == [0, 2, 3, 1, 0]
    assert found["sums"].column("films").to_pylist() == [2, 1, 1, 1]
    wider, sizes = mean_points([found["sums"]], padded(centroids_of(MEANS), 4))
    assert sizes.tolist() == [2, 1, 1, 1]
    np.testing.assert_allclose(matrix_of(wider)[2:], ROWS[1:3], atol=1e-6)
    assert clusters_of(settle([], [])) == [0, 0, 0, 1, 0]


def test_films_join_a_cluster_that_has_the_name_of_their_shelf() -> None:
    """The second cluster has the name "Dramas", too."""
    found = settle(["Drama|language:hi", "Drama|"], [2, 1])
    assert clusters_of(found) == [0, 2, 1, 1, 0]
    assert found["sums"].column("cluster").to_pylist() == [0, 1, 2]
    both, sizes = mean_points([found["sums"]], padded(centroids_of(MEANS), 3))
    assert sizes.tolist() == [2, 2, 1]
    np.testing.assert_allclose(matrix_of(both)[1], angles(40)[0], atol=1e-6)


def test_films_in_clusters_stay_whatever_the_shelves() -> None:
    found = settle(["Drama|"], [2], clusters=[1, 0, 1, 0, 1])
    assert clusters_of(found) == [1, 0, 1, 0, 1]
    assert found["sums"].column("films").to_pylist() == [2, 3]


@given(st.lists(st.integers(-1, 1), min_size=5, max_size=5), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_partitions_do_not_matter(clusters: list[int], cut: int) -> None:
    keys, numbers = [[number("Drama"), None, None, None]], [2]
    films, parts = film_parts(FILMS), parts_table(FILMS)
    points, assigned = points_of(ROWS), pa.table({"cluster": pa.array(clusters, pa.int32())})

    def settled(own: slice) -> dict[str, pa.Table]:
        size = own.stop - own.start
        one, two, three = (table.slice(own.start, size) for table in (points, films, assigned))
        return settle_films(one, two, three, parts, centroids_of(MEANS), keys, numbers)

    whole, pieces = settled(slice(0, 5)), [settled(slice(0, cut)), settled(slice(cut, 5))]
    assert [n for piece in pieces for n in clusters_of(piece)] == clusters_of(whole)
    assert min(clusters_of(whole)) >= 0
    wide = padded(centroids_of(MEANS), 3)
    one, other = mean_points([whole["sums"]], wide), mean_points([p["sums"] for p in pieces], wide)
    assert one[1].tolist() == other[1].tolist() and one[1].sum() == 5
    np.testing.assert_allclose(matrix_of(one[0]), matrix_of(other[0]), atol=1e-6)


def test_measures_follow_the_numbers_of_centroids() -> None:
    rows, means = angles(10, 80), angles(90, 0)
    own = pa.table({"cluster": pa.array([5, 2], pa.int32())})
    numbers = pa.table({"number": pa.array([-1, -1, 0, -1, -1, 1], pa.int32())})
    table = measure_films(points_of(rows), own, centroids_of(means), numbers)["assignments"]
    assert table.column("cluster").to_pylist() == [1, 0]
    assert table.column("runner_up").to_pylist() == [0, 1]
    np.testing.assert_allclose(table.column("similarity"), [np.cos(np.pi / 18)] * 2, atol=1e-6)
