"""Unit vectors in planted groups, for the tests of clustering and search."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.schemas.mining import POINTS
from pipeline.schemas.vectors import column_of_vectors


def planted(groups: int = 12, films: int = 40, dim: int = 48, noise: float = 0.08, seed: int = 7):  # type: ignore[no-untyped-def]
    """(vectors (groups * films, dim) float32 of unit length, group of each)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(groups, dim))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    truth = np.repeat(np.arange(groups), films)
    vectors = centres[truth] + noise * rng.normal(size=(len(truth), dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), truth


def points_table(vectors: np.ndarray) -> pa.Table:
    ids = pa.array([f"f{row:05d}" for row in range(len(vectors))])
    return pa.table([ids, column_of_vectors(vectors)], schema=POINTS(vectors.shape[1]))
