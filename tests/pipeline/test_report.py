from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.report import EXPLANATIONS, assemble, cluster_figures, film_map
from pipeline.settings import ReportSettings
from tests.pipeline.planted import planted


def figures(labels: np.ndarray, lengths: np.ndarray, genres: list[list[str]]) -> dict[str, object]:
    vectors, _ = planted(4, 10)
    own = np.ones(40, np.float32)
    return cluster_figures(vectors, vectors, labels, own, lengths, genres, ReportSettings())


def test_buckets_of_text_length_are_shown_for_what_they_are() -> None:
    labels = np.repeat(np.arange(4), 10)
    genres = [["Drama"]] * 40
    buckets = figures(labels, labels * 100, genres)
    themes = figures(labels, np.tile(np.arange(10), 4), genres)
    assert buckets["length_variance_explained"] == pytest.approx(1)
    assert themes["length_variance_explained"] == pytest.approx(0)


def test_purity_counts_the_commonest_genre_of_each_cluster() -> None:
    labels = np.repeat(np.arange(4), 10)
    genres = [["Drama"]] * 10 + [["War"], ["Drama"]] * 5 + [["War", "Drama"]] * 10 + [[]] * 10
    assert figures(labels, labels, genres)["genre_purity"] == pytest.approx(25 / 30)


def test_figures_of_true_clusters_are_better_than_of_random_ones() -> None:
    truth = np.repeat(np.arange(4), 10)
    random = np.random.default_rng(1).permutation(truth)
    good, bad = (figures(labels, truth, [[]] * 40) for labels in (truth, random))
    assert good["cosine_silhouette"] > 0.5 > bad["cosine_silhouette"]  # type: ignore[operator]
    assert good["davies_bouldin"] < bad["davies_bouldin"]  # type: ignore[operator]
    assert good["genre_purity"] is None
    assert good["inertia"] == 0
    json.dumps(good, allow_nan=False)


@pytest.mark.parametrize("k", [1, 2, 5, 30])
def test_the_map_is_finite_and_the_same_each_time(k: int) -> None:
    vectors, truth = planted(k, 8)
    centroids = vectors[::8]
    first, second = (film_map(vectors, centroids, truth, seed=4) for _ in range(2))
    assert first.shape == (8 * k, 2)
    assert np.isfinite(first).all()
    assert np.array_equal(first, second)


def test_the_report_is_plain_json_with_explanations() -> None:
    report = assemble({"clusters": {"inertia": np.float32(1.5), "sizes": np.arange(3)}})
    assert json.loads(json.dumps(report))["clusters"] == {"inertia": 1.5, "sizes": [0, 1, 2]}
    assert report["explanations"] == dict(EXPLANATIONS)
