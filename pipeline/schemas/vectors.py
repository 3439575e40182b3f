"""Arrow columns of vectors and NumPy matrices, for tables in memory or read in parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = [
    "Parts",
    "column_of_vectors",
    "ids_and_matrix",
    "matrix_of",
    "parts_of",
    "unit_rows",
    "vectors_at",
]

_SHORTEST = 1e-12  # a row shorter than this counts as zero


def unit_rows(rows: np.ndarray, dtype: npt.DTypeLike | None = np.float32) -> np.ndarray:
    """Return the rows scaled to Euclidean length 1; a zero row stays zero.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, dim), float32 or float64
        Vectors of any length. The computation has the precision of `rows`.
    dtype : dtype or None
        Number type of the result; None for that of `rows`.

    Returns
    -------
    ndarray of shape (n_rows, dim), `dtype`
        Unit vectors, contiguous in memory.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).round(2).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.maximum(lengths, _SHORTEST), dtype=dtype)


def column_of_vectors(vectors: np.ndarray, dtype: str = "float32") -> pa.FixedSizeListArray:
    """Return a matrix as an Arrow column of vectors.

    Parameters
    ----------
    vectors : ndarray of shape (n_rows, dim), float
        One vector per row.
    dtype : str
        Number type of the column, such as "float16".

    Returns
    -------
    pyarrow.FixedSizeListArray of length n_rows
        Lists of `dim` numbers.

    Examples
    --------
    >>> column_of_vectors(np.eye(2)).to_pylist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    flat = np.ascontiguousarray(vectors, dtype=dtype).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), vectors.shape[1])


class Parts(Protocol):
    """A table that can be iterated in parts, several times, with one part in memory."""

    @property
    def num_rows(self) -> int:
        """Return the number of rows of all parts."""
        ...

    def __iter__(self) -> Iterator[pa.Table]: ...


def parts_of(table: pa.Table | Iterable[pa.Table]) -> Iterable[pa.Table]:
    """Return the parts; a table in memory is one part."""
    return [table] if isinstance(table, pa.Table) else table


def matrix_of(table: pa.Table | Parts, column: str = "vector") -> np.ndarray:
    """Return a column of vectors as a matrix.

    Parameters
    ----------
    table : pyarrow.Table or Parts
        Table with the column. If it is read in parts, one part is in memory at a time.
    column : str
        Name of the column of fixed-size lists.

    Returns
    -------
    ndarray of shape (n_rows, dim), float32
        One vector per row, in the order of the table.

    Examples
    --------
    >>> table = pa.table({"vector": column_of_vectors(np.eye(2), "float16")})
    >>> matrix_of(table).dtype.name, matrix_of(table).tolist()
    ('float32', [[1.0, 0.0], [0.0, 1.0]])
    """
    if isinstance(table, pa.Table) and table.column(column).num_chunks == 1:
        return _matrix(table.column(column).chunk(0))
    return _filled(table, column, [])


def vectors_at(embeddings: pa.Table | Parts, wanted: np.ndarray) -> np.ndarray:
    """Return the vectors of some rows.

    Parameters
    ----------
    embeddings : pyarrow.Table or Parts
        Table with a column `vector`.
    wanted : ndarray of shape (n_wanted,), int64
        Row numbers, 0 to n_rows - 1, in any order.

    Returns
    -------
    ndarray of shape (n_wanted, dim), float32
        The vectors in the order of `wanted`.
    """
    found: np.ndarray | None = None
    at = 0
    for part in parts_of(embeddings):
        vectors = matrix_of(part)
        if found is None:
            found = np.zeros((len(wanted), vectors.shape[1]), np.float32)
        here = (wanted >= at) & (wanted < at + len(vectors))
        found[here] = vectors[wanted[here] - at]
        at += len(vectors)
    assert found is not None, "a table has at least one part, which may have no rows"
    return found


def ids_and_matrix(table: pa.Table | Parts) -> tuple[pa.Array, np.ndarray]:
    """Return the ids and the vectors of a table, read once.

    Parameters
    ----------
    table : pyarrow.Table or Parts
        Table with the columns `movie_id` and `vector`.

    Returns
    -------
    ids : pyarrow.StringArray of length n_rows
        Column `movie_id`.
    matrix : ndarray of shape (n_rows, dim), float32
        Column `vector`.
    """
    ids: list[pa.Array] = []
    matrix = _filled(table, "vector", ids)
    return pa.concat_arrays(ids) if ids else pa.array([], pa.string()), matrix


def _filled(table: pa.Table | Parts, column: str, ids: list[pa.Array]) -> np.ndarray:
    matrix: np.ndarray | None = None
    width = at = 0
    for part in parts_of(table):
        width = part.schema.field(column).type.list_size
        if "movie_id" in part.schema.names:
            ids.extend(part.column("movie_id").chunks)
        for chunk in part.column(column).chunks:
            if matrix is None:
                matrix = np.empty((table.num_rows, width), np.float32)
            matrix[at : at + len(chunk)] = _matrix(chunk)
            at += len(chunk)
    return np.zeros((0, width), np.float32) if matrix is None else matrix


def _matrix(vectors: pa.FixedSizeListArray) -> np.ndarray:
    flat = vectors.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float32).reshape(len(vectors), vectors.type.list_size)
