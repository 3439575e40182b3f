"""What the films of each cluster say on average: sums of text vectors, added up over partitions."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of

__all__ = ["text_means", "text_sums"]


@stage("text-sums", inputs=("embeddings", "assignments"), outputs=("sums",))
def text_sums(embeddings: pa.Table, assignments: pa.Table) -> dict[str, pa.Table]:
    """Sums of the text vectors of one partition, by cluster.

    Parameters
    ----------
    embeddings, assignments : EMBEDDINGS and ASSIGNMENTS, row by row the same films.

    Returns
    -------
    {"sums": cluster (int32), vector (dim float64)}, one row for each cluster with films here.
    """
    vectors = matrix_of(embeddings)
    labels = assignments.column("cluster").to_numpy()
    order = np.argsort(labels, kind="stable")
    runs = np.flatnonzero(np.diff(labels[order], prepend=-1))
    totals = np.zeros((0, vectors.shape[1]))
    if len(vectors):
        totals = np.add.reduceat(vectors[order], runs, axis=0, dtype=np.float64)
    clusters = pa.array(labels[order[runs]], pa.int32())
    return {
        "sums": pa.table([clusters, column_of_vectors(totals, "float64")], ["cluster", "vector"])
    }


def text_means(sums: Iterable[pa.Table], k: int) -> np.ndarray:
    """Unit means (k, dim) float32 from the sums of all partitions, added in their order."""
    total: np.ndarray | None = None
    for part in sums:
        vectors = part.column("vector").combine_chunks()
        rows = vectors.flatten().to_numpy().reshape(len(part), vectors.type.list_size)
        total = np.zeros((k, rows.shape[1])) if total is None else total
        total[part.column("cluster").to_numpy()] += rows
    if total is None:
        raise ValueError("no partition: there is nothing to take the mean of")
    lengths = np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return np.asarray(total / lengths, np.float32)
