"""Columns of vectors as matrices and back, of tables that lie in memory or come in parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import pyarrow as pa

__all__ = ["Parts", "column_of_vectors", "ids_and_matrix", "matrix_of", "parts_of", "vectors_at"]


def column_of_vectors(vectors: np.ndarray, dtype: str = "float32") -> pa.FixedSizeListArray:
    """A matrix (rows, dim) as one Arrow column of vectors."""
    flat = np.ascontiguousarray(vectors, dtype=dtype).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), vectors.shape[1])


class Parts(Protocol):
    """A table that is gone through in parts, as often as needed, one in memory at a time."""

    @property
    def num_rows(self) -> int:
        """Rows of all parts together."""
        ...

    def __iter__(self) -> Iterator[pa.Table]: ...


def parts_of(table: pa.Table | Iterable[pa.Table]) -> Iterable[pa.Table]:
    """The parts; of a table that is in memory, itself."""
    return [table] if isinstance(table, pa.Table) else table


def matrix_of(table: pa.Table | Parts, column: str = "vector") -> np.ndarray:
    """A column of vectors as a float32 matrix (rows, dim); of parts, no more than one beside it."""
    if isinstance(table, pa.Table) and table.column(column).num_chunks == 1:
        return _matrix(table.column(column).chunk(0))
    return _filled(table, column, [])


def vectors_at(embeddings: pa.Table | Parts, wanted: np.ndarray) -> np.ndarray:
    """The vectors of some rows, (len(wanted), dim), in the order asked for."""
    found: np.ndarray | None = None
    at = 0
    for part in parts_of(embeddings):
        vectors = matrix_of(part)
        if found is None:
            found = np.zeros((len(wanted), vectors.shape[1]), np.float32)
        here = (wanted >= at) & (wanted < at + len(vectors))
        found[here] = vectors[wanted[here] - at]
        at += len(vectors)
    assert found is not None, "a table has a part, though it may have no rows"
    return found


def ids_and_matrix(table: pa.Table | Parts) -> tuple[pa.Array, np.ndarray]:
    """`movie_id` (rows,) and `matrix_of` the table, gone through once."""
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
