"""Unit vectors in known groups, for the tests of clustering and search."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.schemas.mining import POINTS
from pipeline.schemas.vectors import column_of_vectors


def planted(
    groups: int = 12, films: int = 40, dim: int = 48, noise: float = 0.08, seed: int = 7
) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors around random centres, and the group of each.

    Returns
    -------
    vectors : ndarray of shape (groups * films, dim), float32
        Vectors of unit length, group by group.
    truth : ndarray of shape (groups * films,), int64
        Group of each vector.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(groups, dim))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    truth = np.repeat(np.arange(groups), films)
    vectors = centres[truth] + noise * rng.normal(size=(len(truth), dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), truth


def points_table(vectors: np.ndarray) -> pa.Table:
    """Return POINTS of vectors; the ids are "f00000", "f00001" and so on."""
    ids = pa.array([f"f{row:05d}" for row in range(len(vectors))])
    return pa.table([ids, column_of_vectors(vectors)], schema=POINTS(vectors.shape[1]))
