"""What several recommenders do to the rows of a matrix, sparse or dense."""

from __future__ import annotations

import numpy as np
from scipy import sparse

__all__ = ["liking", "row_of_each", "standardised", "unit_rows", "with_values"]


def row_of_each(matrix: sparse.csr_matrix) -> np.ndarray:
    """The row of each value of a CSR matrix, int64, in the order of its values."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def with_values(matrix: sparse.csr_matrix, values: np.ndarray) -> sparse.csr_matrix:
    """Other values in the places of a CSR matrix."""
    return sparse.csr_matrix((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def liking(profiles: sparse.csr_matrix) -> sparse.csr_matrix:
    """Stars as what a rating says for a film: 0.2 up to two stars, 1.2 for five."""
    return with_values(profiles, (0.2 + np.maximum(profiles.data - 2.0, 0) / 3.0).astype("f4"))


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1; those of nothing but 0 stay so."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1))


def standardised(values: np.ndarray, most: float) -> np.ndarray:
    """Each row with mean 0 and spread 1, cut at `most`; a row of equals becomes 0."""
    spread = values.std(1, keepdims=True)
    told = (values - values.mean(1, keepdims=True)) / np.where(spread > 1e-9, spread, 1)
    return np.asarray(np.clip(told, -most, most))
