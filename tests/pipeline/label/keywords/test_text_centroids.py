"""Sums of text vectors by cluster add up over partitions to the means of all films."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.label.keywords.text_centroids import (
    centroid_table,
    cluster_text_means,
    family_means,
    sum_by_cluster,
    text_means,
    text_sums,
)
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import column_of_vectors


def part(vectors: np.ndarray, clusters: np.ndarray) -> pa.Table:
    embeddings = pa.table([column_of_vectors(vectors)], ["vector"])
    assignments = pa.table([pa.array(clusters, pa.int32())], ["cluster"])
    return text_sums(embeddings, assignments)["sums"]


def test_partitions_add_up_to_the_means_of_all_films() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 8)).astype(np.float32)
    clusters = rng.integers(0, 5, 60)
    parts = [part(vectors[rows], clusters[rows]) for rows in np.array_split(np.arange(60), 4)]
    wanted = np.array([vectors[clusters == c].mean(0, dtype=np.float64) for c in range(5)])
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert np.allclose(text_means(parts, 5), wanted, atol=1e-6)


def test_a_partition_has_sums_only_of_its_own_clusters() -> None:
    sums = part(np.eye(3, dtype=np.float32), np.array([7, 2, 7]))
    assert sums.column("cluster").to_pylist() == [2, 7]
    assert sums.column("vector").to_pylist() == [[0, 1, 0], [1, 0, 1]]
    assert len(part(np.zeros((0, 3), np.float32), np.zeros(0, int))) == 0


def test_no_partition_is_an_error() -> None:
    with pytest.raises(ValueError, match="no partition"):
        text_means([], 3)


def test_sums_are_by_cluster_in_the_order_of_the_rows() -> None:
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(200, 6)).astype(np.float32)
    clusters = rng.integers(0, 9, 200)
    found, sums = sum_by_cluster(vectors, clusters)
    assert found.tolist() == sorted(set(clusters.tolist()))
    assert sums.dtype == np.float64
    for cluster, total in zip(found, sums, strict=True):
        assert total == pytest.approx(vectors[clusters == cluster].sum(0, dtype=np.float64))
    found, sums = sum_by_cluster(vectors[:0], clusters[:0])
    assert found.shape == (0,) and sums.shape == (0, 6)


def test_means_of_films_in_memory_equal_those_of_partitions() -> None:
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(40, 8)).astype(np.float32)
    clusters = rng.integers(0, 3, 40)
    films = pa.table([column_of_vectors(vectors)], ["vector"])
    assignments = pa.table([pa.array(clusters, pa.int32())], ["cluster"])
    whole = cluster_text_means(films, assignments, 4)
    assert (whole == text_means([part(vectors, clusters)], 4)).all()
    assert not whole[3].any()  # no film


def test_family_means_weight_clusters_by_their_films() -> None:
    means = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
    found = family_means(means, [3, 1, 7], [0, 0, 1])
    assert found.dtype == np.float32
    assert found[0] == pytest.approx(np.array([3, 1]) / np.sqrt(10))
    assert found[1] == pytest.approx([0.6, 0.8])


def test_centroid_table_numbers_the_rows() -> None:
    table = centroid_table(np.eye(3, dtype=np.float32))
    assert table.schema == CENTROIDS(3)
    assert table["cluster"].to_pylist() == [0, 1, 2]
    assert table["vector"].to_pylist() == np.eye(3).tolist()
