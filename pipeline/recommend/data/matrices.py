"""Operations on the rows of a matrix, sparse or dense, that several recommenders share."""

from __future__ import annotations

import numpy as np
from scipy import sparse

__all__ = ["normalise_rows", "preference_weights", "replace_values", "row_indices", "standardise"]


def row_indices(matrix: sparse.csr_matrix) -> np.ndarray:
    """Return the row of each stored value.

    Parameters
    ----------
    matrix : csr_matrix of shape (n_rows, n_columns)
        Any CSR matrix with `nnz` stored values.

    Returns
    -------
    ndarray of shape (nnz,), int64
        Row numbers, in the order of `matrix.data`.

    Examples
    --------
    >>> row_indices(sparse.csr_matrix([[5.0, 0.0, 3.0], [0.0, 4.0, 0.0]])).tolist()
    [0, 0, 1]
    """
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def replace_values(matrix: sparse.csr_matrix, values: np.ndarray) -> sparse.csr_matrix:
    """Return a matrix with other values at the same positions.

    Parameters
    ----------
    matrix : csr_matrix of shape (n_rows, n_columns)
        Gives the positions.
    values : ndarray of shape (nnz,)
        New values, in the order of `matrix.data`.

    Returns
    -------
    csr_matrix of shape (n_rows, n_columns)
        With the dtype of `values`.
    """
    return sparse.csr_matrix((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def preference_weights(profiles: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return how strongly each rating speaks for its film.

    Parameters
    ----------
    profiles : csr_matrix of shape (n_profiles, n_films)
        Stars, 0.5 to 5.

    Returns
    -------
    csr_matrix of shape (n_profiles, n_films), float32
        0.2 up to two stars, then rising linearly to 1.2 for five.

    Examples
    --------
    >>> preference_weights(sparse.csr_matrix([[5.0, 2.0, 0.5]])).data.round(2).tolist()
    [1.2000000476837158, 0.20000000298023224, 0.20000000298023224]
    """
    weights = 0.2 + np.maximum(profiles.data - 2.0, 0) / 3.0
    return replace_values(profiles, weights.astype("f4"))


def normalise_rows(rows: np.ndarray) -> np.ndarray:
    """Scale each row to unit length; rows of zeros stay zero.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns), float
        Any values.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), float
        Rows of Euclidean length 1 or 0.

    Examples
    --------
    >>> normalise_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1))


def standardise(values: np.ndarray, limit: float) -> np.ndarray:
    """Shift and scale each row to mean 0 and standard deviation 1, then clip it.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns), float
        Any values.
    limit : float
        Results are clipped to -limit ... limit.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), float
        A row of equal values becomes 0.

    Examples
    --------
    >>> standardise(np.array([[1.0, 3.0], [2.0, 2.0]]), 3).tolist()
    [[-1.0, 1.0], [0.0, 0.0]]
    """
    spread = values.std(1, keepdims=True)
    scaled = (values - values.mean(1, keepdims=True)) / np.where(spread > 1e-9, spread, 1)
    return np.asarray(np.clip(scaled, -limit, limit))
