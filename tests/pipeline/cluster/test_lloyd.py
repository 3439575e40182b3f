"""Lloyd's algorithm with near centroids only, and the means that it uses."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from pipeline.cluster import lloyd
from pipeline.cluster.lloyd import nearest_centroid, refine, unit_means
from pipeline.schemas.vectors import unit_rows
from tests.support.planted import planted


def objective(points: np.ndarray, centroids: np.ndarray, labels: np.ndarray) -> float:
    return float((points * centroids[labels]).sum(1).mean())


def test_one_round_with_all_centroids_is_lloyds_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lloyd, "_NEAR", 1_000)
    vectors, _ = planted(20, 30, noise=0.3)
    labels = np.random.default_rng(1).integers(0, 15, len(vectors))
    centroids, found = refine(vectors, labels, 15, 1)
    expected = nearest_centroid(vectors, unit_means(vectors, labels, 15))
    assert np.array_equal(found, expected)
    assert np.allclose(centroids, unit_means(vectors, expected, 15))


def test_near_centroids_give_nearly_the_same_objective_as_all() -> None:
    vectors, truth = planted(150, 20, noise=0.2)
    wrong = np.random.default_rng(1).random(len(truth)) < 0.3
    labels = np.where(wrong, (truth + 1) % 150, truth)
    before = objective(vectors, unit_means(vectors, labels, 150), labels)
    centroids, found = refine(vectors, labels, 150, 10)
    exact = nearest_centroid(vectors, centroids)
    assert objective(vectors, centroids, found) > before
    assert objective(vectors, centroids, found) > 0.99 * objective(vectors, centroids, exact)


def test_it_stops_when_no_point_moves_and_zero_rounds_change_nothing() -> None:
    vectors, truth = planted(12, 30)
    centroids, labels = refine(vectors, truth, 12, 50)
    assert np.array_equal(labels, truth)
    assert np.allclose(centroids, unit_means(vectors, truth, 12))
    _, same = refine(vectors, np.roll(truth, 5), 12, 0)
    assert np.array_equal(same, np.roll(truth, 5))


def test_an_empty_cluster_keeps_its_last_centroid() -> None:
    vectors = unit_rows(np.array([[1, 0.01], [1, -0.01], [1, 0], [0, 1], [0.05, 1]], np.float32))
    labels = np.array([0, 0, 1, 2, 2])
    centroids, found = refine(vectors, labels, 3, 5)
    assert np.isfinite(centroids).all()
    assert np.allclose(np.linalg.norm(centroids, axis=1), 1, atol=1e-5)
    assert set(found[:3]) <= {0, 1}
    assert found[3:].tolist() == [2, 2]


def test_the_result_does_not_depend_on_the_number_of_threads() -> None:
    vectors, truth = planted(60, 60, noise=0.3)
    labels = np.random.default_rng(1).permutation(truth)
    answers = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            answers.append(refine(vectors, labels, 60, 6))
    assert answers[0][0].tobytes() == answers[1][0].tobytes()
    assert np.array_equal(answers[0][1], answers[1][1])


def test_no_points_give_no_labels() -> None:
    centroids, labels = refine(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), 2, 3)
    assert (centroids.shape, labels.shape) == ((2, 4), (0,))


def test_of_equal_centroids_the_first_is_nearest() -> None:
    centroid = planted(1, 1)[0]
    assert nearest_centroid(centroid, np.repeat(centroid, 3, axis=0)).tolist() == [0]


def test_a_zero_row_stays_zero() -> None:
    assert unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [
        pytest.approx([0.6, 0.8]),
        [0.0, 0.0],
    ]


def test_a_label_without_points_has_a_zero_mean() -> None:
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    found = unit_means(rows, np.array([0, 0, 2]), 3)
    assert found[1].tolist() == [0, 0]
    assert found[0] == pytest.approx([2**-0.5, 2**-0.5])


def test_means_do_not_depend_on_the_size_of_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors, truth = planted(groups=7, films=30)
    labels = np.random.default_rng(3).permutation(truth)
    whole = unit_means(vectors, labels, 9)
    for part in (1, 50, 200):
        monkeypatch.setattr(lloyd, "_SUMMED_ROWS", part)
        assert np.array_equal(unit_means(vectors, labels, 9), whole)
