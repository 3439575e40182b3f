"""Sums of text vectors by cluster add up over partitions to the means of all films."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.label.text_centroids import text_means, text_sums
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


def test_a_partition_says_nothing_of_clusters_it_does_not_hold() -> None:
    made = part(np.eye(3, dtype=np.float32), np.array([7, 2, 7]))
    assert made.column("cluster").to_pylist() == [2, 7]
    assert made.column("vector").to_pylist() == [[0, 1, 0], [1, 0, 1]]
    assert len(part(np.zeros((0, 3), np.float32), np.zeros(0, int))) == 0


def test_without_a_partition_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="no partition"):
        text_means([], 3)
