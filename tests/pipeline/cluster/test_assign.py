from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.cluster.assign import assign, top_two
from pipeline.schemas.mining import ASSIGNMENTS, CENTROIDS
from pipeline.schemas.vectors import column_of_vectors
from tests.support.planted import planted, points_table


def centroids(vectors: np.ndarray) -> pa.Table:
    numbers = pa.array(range(len(vectors)), pa.int32())
    return pa.table([numbers, column_of_vectors(vectors)], schema=CENTROIDS(vectors.shape[1]))


@pytest.mark.parametrize("k", [2, 3, 50])
def test_every_film_has_the_two_nearest_of_brute_force(k: int) -> None:
    vectors, _ = planted(10, 30, noise=0.4)
    middles, _ = planted(k, 1, seed=11)
    points = points_table(vectors)
    found = assign(points, centroids(middles))["assignments"]
    assert found.schema == ASSIGNMENTS
    assert found.column("movie_id").equals(points.column("movie_id"))
    cosine = vectors.astype(np.float64) @ middles.astype(np.float64).T
    order = np.argsort(-cosine, axis=1)
    best = -np.sort(-cosine, axis=1)
    assert found.column("cluster").to_pylist() == order[:, 0].tolist()
    assert found.column("runner_up").to_pylist() == order[:, 1].tolist()
    assert found.column("similarity").to_numpy() == pytest.approx(best[:, 0], abs=1e-5)
    margin = found.column("margin").to_numpy()
    assert margin == pytest.approx(best[:, 0] - best[:, 1], abs=1e-5)
    assert (margin >= 0).all()
    assert sum(column.null_count for column in found.columns) == 0
    assert not any(found.column("weak").to_pylist())


def test_between_equal_centroids_the_margin_is_zero() -> None:
    middles = planted(1, 1)[0]
    found = assign(points_table(middles), centroids(np.repeat(middles, 2, axis=0)))["assignments"]
    (row,) = found.to_pylist()
    assert {row["cluster"], row["runner_up"]} == {0, 1}
    assert row["margin"] == 0
    assert row["similarity"] == pytest.approx(1)


def test_the_assignment_of_a_film_does_not_depend_on_other_films() -> None:
    vectors, _ = planted(10, 30, noise=0.4)
    middles = centroids(planted(7, 1, seed=11)[0])
    points = points_table(vectors)
    whole = assign(points, middles)["assignments"].to_pandas()
    halves = [assign(points.slice(at, 100), middles)["assignments"] for at in (0, 100, 200)]
    parts = pa.concat_tables(halves).to_pandas()
    assert parts.cluster.equals(whole.cluster)
    assert parts.runner_up.equals(whole.runner_up)
    assert np.allclose(parts.margin, whole.margin, atol=1e-6)


def test_with_one_centroid_there_is_no_runner_up() -> None:
    best, similarity = top_two(planted(2, 3)[0], planted(1, 1)[0])
    assert best.shape == similarity.shape == (6, 1)
    assert not best.any()


@pytest.mark.parametrize("k", [1, 4])
def test_an_empty_partition_gives_an_empty_table(k: int) -> None:
    nothing = points_table(planted(2, 3)[0]).slice(0, 0)
    found = assign(nothing, centroids(planted(k, 1)[0]))["assignments"]
    assert found.schema == ASSIGNMENTS
    assert len(found) == 0
