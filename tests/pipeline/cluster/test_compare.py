from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from pipeline.cluster.compare import COMPARISON, METHODS, compare
from pipeline.schemas.mining import ASSIGNMENTS
from pipeline.settings import ReportSettings
from tests.support.planted import planted, points_table


def assigned(clusters: np.ndarray) -> pa.Table:
    rows = [
        {"movie_id": f"f{row:05d}", "cluster": int(c), "similarity": 1.0, "weak": False}
        for row, c in enumerate(clusters)
    ]
    return pa.Table.from_pylist(rows, ASSIGNMENTS)


def row_of(vectors: np.ndarray, clusters: np.ndarray, method: str, films: int = 1_000) -> Any:
    settings = ReportSettings(compare_films=films)
    table = compare(points_table(vectors), assigned(clusters), settings, method, seed=2026)
    assert table["comparison"].schema == COMPARISON
    (row,) = table["comparison"].to_pylist()
    assert row["method"] == method
    return row


@pytest.mark.parametrize("method", METHODS)
def test_clear_groups_are_found_by_every_method(method: str) -> None:
    vectors, truth = planted(5, 40, noise=0.04)
    row = row_of(vectors, truth, method)
    assert row["ari_with_ours"] > 0.8
    assert row["cosine_silhouette"] > 0.5
    assert row["outlier_share"] < 0.1
    if method != "hdbscan":
        assert row["clusters"] == 5
        assert row["outlier_share"] == 0


def test_the_silhouette_is_measured_on_the_clusters_of_the_method() -> None:
    vectors, truth = planted(4, 30, noise=0.04)
    row = row_of(vectors, np.random.default_rng(1).permutation(truth), "agglomerative")
    assert row["ari_with_ours"] == pytest.approx(0, abs=0.1)
    silhouette = silhouette_score(vectors, truth, metric="cosine")
    assert row["cosine_silhouette"] == pytest.approx(silhouette, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_only_the_first_films_are_compared(method: str) -> None:
    vectors, truth = planted(3, 30, noise=0.04)
    order = np.random.default_rng(1).permutation(len(truth))
    vectors, truth = vectors[order], truth[order]
    clusters = truth.copy()
    clusters[60:] = 9
    short = row_of(vectors, clusters, method, films=60)
    assert short == row_of(vectors[:60], clusters[:60], method)
    assert short["ari_with_ours"] > 0.6
    assert adjusted_rand_score(truth, clusters) < short["ari_with_ours"]


def test_the_outlier_share_of_hdbscan_is_reported() -> None:
    vectors, truth = planted(3, 30, noise=0.04)
    stray, _ = planted(12, 1, noise=0, seed=99)
    clusters = np.concatenate([truth, np.zeros(12, int)])
    row = row_of(np.concatenate([vectors, stray]), clusters, "hdbscan")
    assert 8 / 102 <= row["outlier_share"] <= 16 / 102
    assert row["clusters"] == 3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("films", [1, 2, 4, 6])
def test_a_few_films_do_not_fail(method: str, films: int) -> None:
    row = row_of(planted(1, films)[0], np.zeros(films, int), method)
    assert 0 <= row["clusters"] <= films
    assert row["cosine_silhouette"] is None
    assert np.isfinite(row["ari_with_ours"])


@pytest.mark.parametrize("method", METHODS)
def test_identical_films_do_not_fail(method: str) -> None:
    same = np.repeat(planted(1, 1)[0], 20, axis=0)
    row = row_of(same, np.zeros(20, int), method)
    assert row["ari_with_ours"] == 1
    assert row["clusters"] <= 1


def test_an_unknown_method_is_rejected() -> None:
    vectors, truth = planted(2, 10)
    with pytest.raises(ValueError, match="spectral"):
        row_of(vectors, truth, "spectral")
