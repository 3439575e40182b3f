"""The vectors of proposed names: a table that grows while names are proposed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from pipeline.schemas.vectors import matrix_of

__all__ = ["add_name_vectors", "missing_names", "vectors_of_names"]


def missing_names(names: Iterable[str], vectors: pa.Table | None) -> list[str]:
    """Return the distinct names that have no vector yet, sorted.

    Parameters
    ----------
    names : iterable of str
        Names, repeated or not.
    vectors : pa.Table, optional
        Columns term (string) and vector; None if no name has been embedded.
    """
    known = set() if vectors is None else set(vectors.column("term").to_pylist())
    return sorted(set(names) - known)


def add_name_vectors(vectors: pa.Table | None, new: pa.Table) -> pa.Table:
    """Return the vectors of all names, sorted by name.

    Parameters
    ----------
    vectors : pa.Table, optional
        Columns term (string) and vector (float16); None if `new` is the first table.
    new : pa.Table
        The same columns for other names.
    """
    tables = [new] if vectors is None else [vectors, new]
    return pa.concat_tables(tables).sort_by("term").combine_chunks()


def vectors_of_names(vectors: pa.Table, names: Sequence[str]) -> np.ndarray:
    """Return the vectors of names, zero for a name that is not in the table.

    Parameters
    ----------
    vectors : pa.Table
        Columns term (string) and vector.
    names : sequence of str
        Names in any order.

    Returns
    -------
    ndarray of shape (n_names, dim), float32
    """
    known = matrix_of(vectors)
    row_of = {name: row for row, name in enumerate(vectors.column("term").to_pylist())}
    found = np.zeros((len(names), known.shape[1]), np.float32)
    for number, name in enumerate(names):
        if name in row_of:
            found[number] = known[row_of[name]]
    return found
