from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score

from benchmarks.suite.clustering import mean_squared_distance
from pipeline.cluster.kmeans import CURVE, cluster_points, train
from pipeline.cluster.lloyd import unit_means
from pipeline.cluster.mean_shift import smooth_and_seed, smooth_points
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import matrix_of, unit_rows
from pipeline.settings import ClusterSettings
from tests.support.planted import planted, points_table

SETTINGS = ClusterSettings(leaf_films=40)


def clustered(
    vectors: np.ndarray, k: int, settings: ClusterSettings = SETTINGS
) -> tuple[np.ndarray, np.ndarray]:
    positions, seeds = smooth_and_seed(vectors, settings, k)
    return cluster_points(vectors, positions, positions[seeds], settings, k)


def trained(
    vectors: np.ndarray, k: int, settings: ClusterSettings = SETTINGS
) -> tuple[pa.Table, ...]:
    points = points_table(vectors)
    smoothed = smooth_points(points, settings)
    tables = train(points, **smoothed, settings=settings, k=k)
    return tables["centroids"], tables["curve"]


@pytest.mark.parametrize("noise", [0.05, 0.12])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_planted_groups_are_found_in_any_order_of_the_films(noise: float, order: int) -> None:
    vectors, truth = planted(15, 30, noise=noise)
    rows = np.random.default_rng(order).permutation(len(vectors))
    vectors, truth = vectors[rows], truth[rows]
    centroids, labels = clustered(vectors, 15)
    assert adjusted_mutual_info_score(truth, labels) > 0.9
    assert len(centroids) == 15


def test_groups_of_unequal_size_are_found() -> None:
    vectors, truth = planted(6, 100)
    rows = np.concatenate([np.flatnonzero(truth == g)[: 100 // (g + 1)] for g in range(6)])
    _, labels = clustered(vectors[rows], 6)
    assert adjusted_mutual_info_score(truth[rows], labels) > 0.9
    # clusters are numbered from the largest to the smallest, like the groups
    assert np.bincount(labels).tolist() == [100, 50, 33, 25, 20, 16]
    assert labels.tolist() == truth[rows].tolist()


def test_films_are_nearest_to_their_centroid_and_it_is_about_their_mean() -> None:
    vectors, _ = planted(noise=0.1)
    centroids, labels = clustered(vectors, 12)
    for own, centroid in enumerate(centroids):
        mean = vectors[labels == own].astype(np.float64).mean(0)
        assert centroid @ mean / np.linalg.norm(mean) > 0.999
    assert np.array_equal(labels, (vectors @ centroids.T).argmax(1))


def test_films_between_two_seeds_hardly_move_the_centroids() -> None:
    angles = np.deg2rad([*np.full(20, 0.0), *np.full(20, 90.0), *np.full(10, 44.9)])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    settings = ClusterSettings(leaf_films=20)
    # the films are their own positions
    centroids, labels = cluster_points(vectors, vectors, vectors[[0, 20]], settings, 2)
    assert labels.tolist() == [0] * 20 + [1] * 20 + [0] * 10
    assert np.allclose(centroids, np.eye(2), atol=0.01)  # their plain mean is 15 degrees off


def test_centroids_are_means_weighted_by_how_clearly_a_film_is_nearest_to_its_seed() -> None:
    rng = np.random.default_rng(5)
    points = unit_rows(rng.standard_normal((90, 8)))
    positions = unit_rows(rng.standard_normal((90, 3)))
    seeds = positions[:4]
    settings = ClusterSettings(min_films=1)
    centroids, _ = cluster_points(points, positions, seeds, settings, 4)
    cosine = positions.astype(np.float64) @ seeds.T
    best = np.sort(1 - cosine, axis=1)
    weights = np.clip(1 - best[:, 0] / best[:, 1], 1e-6, 1)
    means = unit_means(points * weights[:, None], cosine.argmax(1), 4)
    assert np.allclose(centroids[np.lexsort(centroids.T)], means[np.lexsort(means.T)], atol=1e-5)


def test_further_rounds_are_those_of_spherical_k_means() -> None:
    vectors, _ = planted(noise=0.4)
    first, _ = clustered(vectors, 12)
    more, labels = clustered(vectors, 12, SETTINGS.model_copy(update={"rounds": 30}))
    # once k-means has converged, the centroids are the means of their films
    means = unit_means(vectors, labels, len(more))
    assert (means * more).sum(1).min() > 0.9999
    before = (vectors @ first.T).max(1).mean()
    assert (vectors @ more.T).max(1).mean() > before


def test_the_curve_equals_brute_force() -> None:
    vectors, _ = planted(noise=0.25)
    centroids, curve = trained(vectors, 10)
    assert centroids.schema == CENTROIDS(48)
    assert curve.schema == CURVE
    (row,) = curve.to_pylist()
    means = matrix_of(centroids).astype(np.float64)
    distance = ((vectors[:, None].astype(np.float64) - means) ** 2).sum(2)
    # once k-means has converged, each film is nearest to its own centroid
    assert row["inertia"] == pytest.approx(distance.min(1).mean(), rel=2e-3)
    cosine = np.sort(1 - vectors @ means.T, axis=1)
    silhouette = ((cosine[:, 1] - cosine[:, 0]) / cosine[:, 1]).mean()
    assert row["silhouette"] == pytest.approx(silhouette, abs=5e-3)
    error = distance.min(1).std() / np.sqrt(len(vectors))
    assert row["inertia_high"] - row["inertia_low"] == pytest.approx(3.92 * error, rel=0.05)
    assert row["silhouette_low"] < row["silhouette"] < row["silhouette_high"]
    assert (row["k"], row["clusters"]) == (10, len(centroids))
    assert centroids.column("cluster").to_pylist() == list(range(len(centroids)))


def test_inertia_decreases_with_k_and_the_true_k_has_the_best_silhouette() -> None:
    vectors, _ = planted()
    rows = {k: trained(vectors, k)[1].to_pylist()[0] for k in (3, 6, 12, 20)}
    assert rows[3]["inertia"] > rows[6]["inertia"] > rows[12]["inertia"] >= rows[20]["inertia"]
    assert max(rows, key=lambda k: rows[k]["silhouette"]) == 12


def test_with_one_cluster_the_centroid_is_the_mean_of_all_films() -> None:
    vectors, _ = planted(3, 20)
    centroids, curve = trained(vectors, 1)
    mean = vectors.astype(np.float64).mean(0)
    assert matrix_of(centroids)[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)
    assert curve.column("silhouette").to_pylist() == [0.0]


def test_with_k_above_the_number_of_films_each_film_is_a_cluster() -> None:
    vectors, _ = planted(8, 1)
    centroids, labels = clustered(vectors, 1_000, ClusterSettings(leaf_films=2, min_films=1))
    assert len(centroids) == 8
    assert sorted(labels) == list(range(8))


def test_identical_films_are_in_the_same_cluster() -> None:
    pairs = np.repeat(planted(10, 1)[0], 2, axis=0)
    _, labels = clustered(pairs, 20, ClusterSettings(leaf_films=2, min_films=1))
    assert np.array_equal(labels[::2], labels[1::2])


def test_a_group_smaller_than_min_films_joins_the_nearest_group() -> None:
    rng = np.random.default_rng(3)
    angles = np.concatenate([np.full(20, 0.0), np.full(20, 90.0), np.full(3, 120.0)])
    angles = np.deg2rad(angles + rng.normal(scale=0.5, size=len(angles)))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    few = ClusterSettings(leaf_films=20, smoothing_rounds=0, components=2, min_films=3)
    assert np.bincount(clustered(vectors, 3, few)[1]).tolist() == [20, 20, 3]
    more = few.model_copy(update={"min_films": 4})
    _, labels = clustered(vectors, 3, more)
    assert np.bincount(labels).tolist() == [23, 20]
    assert labels.tolist() == [1] * 20 + [0] * 23


def test_min_films_above_the_number_of_films_gives_one_cluster() -> None:
    vectors, _ = planted(4, 10)
    centroids, labels = clustered(vectors, 4, ClusterSettings(leaf_films=10, min_films=41))
    assert len(centroids) == 1
    assert not labels.any()


def test_the_same_call_gives_the_same_bytes() -> None:
    vectors, _ = planted(noise=0.4)
    first, second = (trained(vectors, 20) for _ in range(2))
    assert all(one.equals(other) for one, other in zip(first, second, strict=True))


def test_the_curve_does_not_depend_on_the_size_of_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors, _ = planted(noise=0.3)
    whole = trained(vectors, 10)[1].to_pylist()[0]
    monkeypatch.setattr("pipeline.cluster.kmeans._SIMILARITIES", 370)
    parts = trained(vectors, 10)[1].to_pylist()[0]
    assert parts == pytest.approx(whole, abs=1e-6)


class TestLargeCatalogue:
    """The code path of more than `EXACT_UP_TO` films, with a lower limit."""

    SMALL = ClusterSettings(leaf_films=12)

    @pytest.fixture(autouse=True)
    def _lower_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in ("kmeans", "near_films"):
            monkeypatch.setattr(f"pipeline.cluster.{module}.EXACT_UP_TO", 600)

    def test_planted_groups_of_unequal_size_are_found(self) -> None:
        vectors, truth = unequal()
        centroids, labels = clustered(vectors, 60, self.SMALL)
        assert adjusted_mutual_info_score(truth, labels) > 0.95
        assert len(centroids) == len(np.unique(labels)) <= 60

    def test_films_are_nearest_to_their_centroid_and_it_is_about_their_mean(self) -> None:
        vectors, _ = unequal()
        centroids, labels = clustered(vectors, 60, self.SMALL)
        assert np.array_equal(labels, (vectors @ centroids.T).argmax(1))
        for own, centroid in enumerate(centroids):
            mean = vectors[labels == own].astype(np.float64).mean(0)
            assert centroid @ mean / np.linalg.norm(mean) > 0.97
        assert np.bincount(labels).tolist() == sorted(np.bincount(labels), reverse=True)

    def test_no_cluster_is_smaller_than_min_films(self) -> None:
        vectors, _ = unequal()
        settings = self.SMALL.model_copy(update={"min_films": 12})
        _, labels = clustered(vectors, 90, settings)
        assert np.bincount(labels).min() >= 12

    def test_without_smoothing_the_distance_is_close_to_scikit_learns(self) -> None:
        vectors, _ = planted(40, 60, noise=0.2)
        vectors = np.random.default_rng(1).permutation(vectors)
        settings = self.SMALL.model_copy(
            update={"smoothing_rounds": 0, "rounds": 8, "min_films": 1}
        )
        centroids, _ = clustered(vectors, 70, settings)
        reference = KMeans(70, n_init=1, random_state=1).fit(vectors).cluster_centers_
        ours, theirs = (mean_squared_distance(vectors, c) for c in (centroids, reference))
        assert ours < 1.01 * theirs

    def test_k_may_be_larger_than_films_per_leaf_films(self) -> None:
        vectors, _ = planted(400, 2, noise=0.01)
        settings = ClusterSettings(k=400, min_films=1, smoothing_rounds=0)
        centroids, _ = clustered(vectors, 400, settings)
        assert len(centroids) > 350

    def test_the_same_call_gives_the_same_bytes(self) -> None:
        vectors, _ = unequal()
        (one, own), (other, others) = (clustered(vectors, 60, self.SMALL) for _ in range(2))
        assert one.tobytes() == other.tobytes()
        assert np.array_equal(own, others)


def unequal() -> tuple[np.ndarray, np.ndarray]:
    """Groups of 20 to 100 films, shuffled."""
    vectors, truth = planted(50, 100, noise=0.08)
    rng = np.random.default_rng(3)
    place = np.arange(len(truth)) % 100
    rows = rng.permutation(np.flatnonzero(place < 20 + 80 * (truth % 5 == 0)))
    return vectors[rows], truth[rows]
