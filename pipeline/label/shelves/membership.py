"""Parts of names that are true of films, as sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.schemas.name_parts import NameParts

__all__ = ["parts_matrix", "parts_true", "sum_weights"]


def parts_matrix(parts: pa.Table | pa.ChunkedArray, width: int) -> sparse.csr_matrix:
    """Return which parts are true of each film.

    Parameters
    ----------
    parts : pa.Table or pa.ChunkedArray
        FILM_PARTS, or its column `parts`.
    width : int
        Number of rows of PARTS.

    Returns
    -------
    csr_matrix of shape (n_films, width), float32
        1 where the part is true of the film.
    """
    column = parts.column("parts") if isinstance(parts, pa.Table) else parts
    lists = column.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):  # of a column without chunks
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    numbers = lists.flatten().to_numpy(zero_copy_only=False).astype(np.int32)
    offsets = np.asarray(lists.offsets.to_numpy()[: len(lists) + 1], np.int64)
    offsets = offsets - (offsets[0] if len(offsets) else 0)
    ones = np.ones(len(numbers), np.float32)
    return sparse.csr_matrix((ones, numbers, offsets), shape=(len(lists), width))


def parts_true(
    films: sparse.csr_matrix, names: Sequence[NameParts], clusters: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what of the names of clusters is true of films.

    Parameters
    ----------
    films : csr_matrix of shape (n_films, width)
        Result of `parts_matrix`.
    names : sequence of NameParts
        Name of each cluster, by its number.
    clusters : ndarray of shape (n_films, m), integer
        For each film the m clusters whose names are compared with it.

    Returns
    -------
    subject, form, facets : ndarray of shape (n_films, m), bool
        Whether a subject is true, whether the genres are, and whether all facets are. True where
        the name has no such part.
    """
    return (
        _enough(films, [name.subjects for name in names], [1] * len(names), clusters),
        _enough(
            films,
            [name.genres for name in names],
            [len(name.genres) if name.every_genre else 1 for name in names],
            clusters,
        ),
        _enough(
            films,
            [name.facets for name in names],
            [len(name.facets) for name in names],
            clusters,
        ),
    )


def sum_weights(
    films: sparse.csr_matrix, weights: sparse.csc_matrix, clusters: np.ndarray
) -> np.ndarray:
    """Return the weights that the parts of films have in some clusters, added up.

    Parameters
    ----------
    films : csr_matrix of shape (n_films, width)
        Result of `parts_matrix`.
    weights : csc_matrix of shape (width, k)
        Weight of each part in each cluster.
    clusters : ndarray of shape (n_films, m), integer
        For each film the m clusters that are compared with it.

    Returns
    -------
    ndarray of shape (n_films, m), float64
    """
    found = (films @ weights).tocoo()
    keys = found.row.astype(np.int64) * weights.shape[1] + found.col
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], found.data[order]
    asked = np.arange(len(clusters))[:, None] * weights.shape[1] + clusters
    if not len(keys):
        return np.zeros(asked.shape)
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[place] == asked, values[place], 0.0)


def _enough(
    films: sparse.csr_matrix,
    wanted: Sequence[Sequence[int]],
    least: Sequence[int],
    clusters: np.ndarray,
) -> np.ndarray:
    """Whether at least `least` of the wanted parts of a cluster are true of a film."""
    sizes = [len(parts) for parts in wanted]
    columns = np.repeat(np.arange(len(wanted)), sizes)
    rows = np.array([part for parts in wanted for part in parts], np.int64)
    shape = (films.shape[1], len(wanted))
    own = sparse.csc_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    held = sum_weights(films, own, clusters)
    return np.asarray((held >= np.array(least)[clusters]) | (np.array(sizes) == 0)[clusters])
