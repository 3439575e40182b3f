from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from pipeline import cluster
from pipeline.cluster.compare import METHODS
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import ClusterSettings, ReportSettings
from tests.support.planted import planted, points_table

SETTINGS = ClusterSettings(leaf_films=40)


def mined(
    vectors: np.ndarray, k: int, settings: ClusterSettings = SETTINGS
) -> tuple[pa.Table, ...]:
    """Centroids, curve and assignments of the vectors."""
    points = points_table(vectors)
    smoothed = cluster.smooth_points(points, settings)
    trained = cluster.train(points, **smoothed, settings=settings, k=k)
    found = cluster.assign(points, trained["centroids"])["assignments"]
    return trained["centroids"], trained["curve"], found


def test_planted_clusters_are_found() -> None:
    vectors, truth = planted()
    _, _, found = mined(vectors, 12)
    assert adjusted_mutual_info_score(truth, found.column("cluster").to_numpy()) > 0.95


def test_assignment_agrees_with_brute_force() -> None:
    vectors, _ = planted(noise=0.2)
    centroids, _, found = mined(vectors, 12)
    cosine = vectors @ matrix_of(centroids).T
    order = np.argsort(-cosine, axis=1)
    assert found.column("cluster").to_pylist() == order[:, 0].tolist()
    assert found.column("runner_up").to_pylist() == order[:, 1].tolist()
    best = np.sort(cosine, axis=1)[:, ::-1]
    assert np.allclose(found.column("margin").to_numpy(), best[:, 0] - best[:, 1], atol=1e-5)
    assert (found.column("margin").to_numpy() >= 0).all()


def test_clusters_are_numbered_by_size_and_runs_repeat() -> None:
    vectors, _ = planted(noise=0.3)
    centroids, _, found = mined(vectors, 9)
    again, _, _ = mined(vectors, 9)
    assert centroids.equals(again)
    assert len(np.unique(found.column("cluster").to_numpy())) == len(centroids)


@pytest.mark.parametrize("k", [1, 5, 40])
def test_few_or_identical_films_give_finite_centroids(k: int) -> None:
    one = np.zeros((1, 8), np.float32)
    one[0, 0] = 1
    for vectors in (one, np.repeat(one, 30, axis=0), planted(3, 2, 8)[0]):
        centroids, curve, found = mined(vectors, k, ClusterSettings(leaf_films=5))
        assert np.isfinite(matrix_of(centroids)).all()
        assert len(found) == len(vectors)
        assert 1 <= curve.column("clusters")[0].as_py() <= max(1, min(k, len(vectors)))


def test_one_cluster_has_no_runner_up() -> None:
    vectors, _ = planted(2, 10)
    table = pa.table(
        [pa.array([0], pa.int32()), column_of_vectors(vectors[:1])], schema=CENTROIDS(48)
    )
    found = cluster.assign(points_table(vectors), table)["assignments"]
    assert found.column("runner_up").null_count == len(vectors)
    assert found.column("margin").null_count == len(vectors)


def test_small_clusters_join_their_neighbours() -> None:
    vectors, _ = planted()
    _, _, found = mined(vectors, 60, ClusterSettings(leaf_films=40, min_films=15))
    assert np.bincount(found.column("cluster").to_numpy()).min() >= 15


def test_subsamples_of_clear_clusters_agree() -> None:
    vectors, _ = planted()
    points = points_table(vectors)
    first, second = (
        cluster.label_subsample(points, SETTINGS, [12], part, seed=3)["labels"] for part in (0, 1)
    )
    assert 0.7 * len(points) < len(first) < 0.9 * len(points)
    assert cluster.agreement(first, second)[12] > 0.95


def test_agreement_is_the_adjusted_rand_index_of_common_films() -> None:
    def labels(ids: list[str], clusters: list[int]) -> pa.Table:
        return pa.table({"k": [2] * len(ids), "movie_id": ids, "cluster": clusters})

    first = labels(["a", "b", "c", "d", "x"], [0, 0, 1, 1, 1])
    second = labels(["d", "c", "b", "a", "y"], [5, 5, 5, 4, 4])
    expected = adjusted_rand_score([0, 0, 1, 1], [4, 5, 5, 5])
    assert cluster.agreement(first, second) == {2: pytest.approx(expected)}


def test_noise_in_the_points_leaves_clear_clusters_as_they_are() -> None:
    vectors, _ = planted()
    _, _, found = mined(vectors, 12)
    table = cluster.perturb(points_table(vectors), found, SETTINGS, k=12, seed=99)
    assert table["agreement"].column("ari")[0].as_py() > 0.99


@pytest.mark.parametrize("method", METHODS)
def test_other_methods_are_measured(method: str) -> None:
    vectors, _ = planted(6, 30)
    _, _, found = mined(vectors, 6)
    table = cluster.compare(points_table(vectors), found, ReportSettings(), method, seed=1)
    (row,) = table["comparison"].to_pylist()
    assert row["method"] == method
    assert row["ari_with_ours"] > 0.6
    assert 0 <= row["outlier_share"] < 0.5


def curve_row(k: int, inertia: float, silhouette: float = 0.1) -> dict[str, float]:
    return {"k": k, "clusters": k, "inertia": inertia, "silhouette": silhouette}


def test_the_elbow_is_where_the_gain_falls_below_three_per_cent() -> None:
    rows = [curve_row(10, 1.0), curve_row(20, 0.8), curve_row(30, 0.79), curve_row(40, 0.5, 0.3)]
    choice = cluster.choose_k(rows, {20: 0.5, 30: 0.7}, ClusterSettings())
    assert choice["elbow"] == 20
    assert choice["chosen"] == 30
    assert choice["best_silhouette_k"] == 40
    assert choice["curve"][1]["relative_gain"] == pytest.approx(0.2)


@pytest.mark.parametrize(("stability", "chosen"), [(0.503, 10), (0.549, 10), (0.553, 12)])
def test_a_larger_k_is_chosen_only_if_it_is_clearly_more_stable(
    stability: float, chosen: int
) -> None:
    rows = [curve_row(10, 1.0), curve_row(12, 0.9)]
    choice = cluster.choose_k(rows, {10: 0.501, 12: stability}, ClusterSettings())
    assert choice["chosen"] == chosen


def test_k_of_the_settings_is_used() -> None:
    settings = ClusterSettings(k=33)
    close, wide = cluster.candidate_ks(1_000, settings)
    assert close == [33]
    assert set(close) < set(wide)
    rows = [curve_row(k, 1 / k) for k in wide]
    assert cluster.choose_k(rows, {33: 0.4}, settings)["chosen"] == 33
    assert cluster.candidate_ks(5, settings)[0] == [5]
