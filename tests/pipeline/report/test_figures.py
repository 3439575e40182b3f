from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.report import figures as report
from pipeline.report.explanations import EXPLANATIONS
from pipeline.report.figures import assemble, cluster_figures, film_map
from pipeline.settings import ReportSettings
from tests.support.planted import planted


def figures(labels: np.ndarray, lengths: np.ndarray, genres: list[list[str]]) -> dict[str, object]:
    vectors, _ = planted(4, 10)
    own = np.ones(40, np.float32)
    return cluster_figures(vectors, vectors, labels, own, lengths, genres, ReportSettings())


def test_clusters_of_text_length_explain_all_its_variance() -> None:
    labels = np.repeat(np.arange(4), 10)
    genres = [["Drama"]] * 40
    buckets = figures(labels, labels * 100, genres)
    themes = figures(labels, np.tile(np.arange(10), 4), genres)
    assert buckets["length_variance_explained"] == pytest.approx(1)
    assert themes["length_variance_explained"] == pytest.approx(0)


def test_purity_counts_the_most_common_genre_of_each_cluster() -> None:
    labels = np.repeat(np.arange(4), 10)
    genres = [["Drama"]] * 10 + [["War"], ["Drama"]] * 5 + [["War", "Drama"]] * 10 + [[]] * 10
    assert figures(labels, labels, genres)["genre_purity"] == pytest.approx(25 / 30)


def test_true_clusters_score_better_than_random_ones() -> None:
    truth = np.repeat(np.arange(4), 10)
    random = np.random.default_rng(1).permutation(truth)
    good, bad = (figures(labels, truth, [[]] * 40) for labels in (truth, random))
    assert good["cosine_silhouette"] > 0.5 > bad["cosine_silhouette"]  # type: ignore[operator]
    assert good["davies_bouldin"] < bad["davies_bouldin"]  # type: ignore[operator]
    assert good["genre_purity"] is None
    assert good["inertia"] == 0
    json.dumps(good, allow_nan=False)


@pytest.mark.parametrize("k", [1, 2, 5, 30])
def test_map_is_finite_and_reproducible(k: int) -> None:
    vectors, truth = planted(k, 8)
    centroids = vectors[::8]
    first, second = (film_map(vectors, centroids, truth, seed=4) for _ in range(2))
    assert first.shape == (8 * k, 2)
    assert np.isfinite(first).all()
    assert np.array_equal(first, second)


def test_report_is_json_with_explanations() -> None:
    found = assemble({"clusters": {"inertia": np.float32(1.5), "sizes": np.arange(3)}})
    assert json.loads(json.dumps(found))["clusters"] == {"inertia": 1.5, "sizes": [0, 1, 2]}
    assert found["explanations"] == dict(EXPLANATIONS)


def test_share_of_length_explained_is_eta_squared() -> None:
    # two clusters with means 10 and 30, values 10 away from them: 4 * 100 of 4 * 200
    labels = np.array([0, 0, 1, 1])
    vectors, _ = planted(2, 2)
    lengths = np.array([0, 20, 20, 40])
    own = np.array([1, 0.5, 0, 1], np.float32)
    found = cluster_figures(vectors, vectors, labels, own, lengths, [[]] * 4, ReportSettings())
    assert found["length_variance_explained"] == pytest.approx(0.5)
    assert found["inertia"] == pytest.approx((0 + 1 + 2 + 0) / 4)
    assert (found["smallest"], found["median"], found["largest"]) == (2, 2, 2)


def test_random_lengths_are_not_explained() -> None:
    rng = np.random.default_rng(4)
    vectors, labels = planted(10, 300, dim=8)
    found = cluster_figures(
        vectors,
        vectors,
        labels,
        np.ones(3_000),
        rng.integers(50, 900, 3_000),
        [["Drama"]] * 3_000,
        ReportSettings(silhouette_films=100),
    )
    assert 0 <= found["length_variance_explained"] < 0.02
    assert found["genre_purity"] == 1


def test_silhouette_of_a_sample_equals_brute_force() -> None:
    vectors, labels = planted(3, 20, noise=0.3)
    order = np.random.default_rng(1).permutation(60)
    vectors, labels = vectors[order], labels[order]
    points = planted(3, 20, seed=9)[0][order]

    def silhouette(rows: np.ndarray, own: np.ndarray) -> float:
        distance = 1 - rows.astype(np.float64) @ rows.T
        scores = []
        for film, label in enumerate(own):
            others = [distance[film, own == c].mean() for c in set(own.tolist()) - {label}]
            inside = distance[film, own == label].sum() / ((own == label).sum() - 1)
            scores.append((min(others) - inside) / max(min(others), inside))
        return float(np.mean(scores))

    for films in (60, 25):
        found = cluster_figures(
            points,
            vectors,
            labels,
            np.ones(60),
            np.ones(60),
            [[]] * 60,
            ReportSettings(silhouette_films=films),
        )
        expected = silhouette(vectors[:films], labels[:films])
        assert found["cosine_silhouette"] == pytest.approx(expected, abs=1e-4)
        expected = silhouette(points[:films], labels[:films])
        assert found["points_silhouette"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("films", [1, 5])
def test_one_cluster_has_no_silhouette_and_no_nan(films: int) -> None:
    vectors, _ = planted(1, films)
    labels = np.zeros(films, int)
    found = cluster_figures(
        vectors,
        vectors,
        labels,
        np.ones(films),
        np.full(films, 7),
        [["War"]] * films,
        ReportSettings(),
    )
    assert found["cosine_silhouette"] is found["davies_bouldin"] is None
    assert found["length_variance_explained"] == 0
    json.dumps(found, allow_nan=False)


def test_map_separates_micro_genres() -> None:
    vectors, truth = planted(8, 30)
    centroids = np.stack([vectors[truth == g].mean(0) for g in range(8)])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    place = film_map(vectors, centroids, truth, seed=4)
    middles = np.stack([place[truth == g].mean(0) for g in range(8)])
    nearest = ((place[:, None] - middles) ** 2).sum(2).argmin(1)
    assert (nearest == truth).mean() > 0.8  # chance gives 0.125


def test_map_of_identical_films_is_finite() -> None:
    same = np.repeat(planted(1, 1)[0], 12, axis=0)
    assert np.isfinite(film_map(same, same[:1], np.zeros(12, int), seed=4)).all()


def test_map_does_not_depend_on_the_batch_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors, truth = planted(6, 20)
    centroids = vectors[::20]
    whole = film_map(vectors, centroids, truth, seed=4)
    monkeypatch.setattr(report, "_MAP_ROWS", 7)
    assert film_map(vectors, centroids, truth, seed=4) == pytest.approx(whole, abs=1e-4)
