"""Ratings as sparse matrices: who rated what, with how many stars, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.recommend.data.films import Films

__all__ = ["History", "build_history", "build_history_from_partitions", "build_profile"]


@dataclass(frozen=True)
class History:
    """Ratings that a model is fitted on.

    Attributes
    ----------
    users : ndarray of shape (n_users,), int64
        User ids, ascending; the row order of `matrix`.
    matrix : csr_matrix of shape (n_users, n_films), float32
        Stars, 0.5 to 5.
    rated_at : ndarray of shape (nnz,), int64
        Second of each rating since 1970, in the order of `matrix.data`.
    now : int
        The latest of these seconds; 0 without ratings.
    """

    users: np.ndarray
    matrix: sparse.csr_matrix
    rated_at: np.ndarray
    now: int

    @property
    def counts(self) -> np.ndarray:
        """Number of ratings of each film, int64 (n_films,)."""
        return np.bincount(self.matrix.indices, minlength=self.matrix.shape[1])

    def rows_of(self, user_ids: np.ndarray) -> np.ndarray:
        """Return the row of each user.

        Parameters
        ----------
        user_ids : ndarray of shape (n,), int64
            In any order.

        Returns
        -------
        ndarray of shape (n,), int64
            Rows of `matrix`; -1 for a user without ratings.
        """
        if not len(self.users):
            return np.full(len(user_ids), -1)
        at = np.minimum(np.searchsorted(self.users, user_ids), len(self.users) - 1)
        return np.where(self.users[at] == user_ids, at, -1)


def build_history(ratings: pa.Table, films: Films) -> History:
    """Convert ratings to matrices.

    Parameters
    ----------
    ratings : pa.Table of RATINGS
        In any row order; a user rates a film at most once.
    films : Films
        Gives the columns. Ratings of other films are left out.

    Returns
    -------
    History
        Users without a rating of these films have no row.
    """
    columns = ("user_id", "film_id", "rating", "timestamp")
    user, film, stars, time = (ratings.column(name).to_numpy() for name in columns)
    column = films.row_of(film)
    known = column >= 0
    if not known.all():
        user, column, stars, time = user[known], column[known], stars[known], time[known]
    users, row = np.unique(user, return_inverse=True)
    order = np.lexsort((column, row))
    row, column = row[order], column[order].astype(np.int32)
    start = np.searchsorted(row, np.arange(len(users) + 1)).astype(np.int64)
    matrix = sparse.csr_matrix(
        (stars[order].astype(np.float32), column, start), shape=(len(users), len(films))
    )
    return History(users, matrix, time[order], int(time.max()) if len(time) else 0)


def build_history_from_partitions(partitions: Iterable[pa.Table], films: Films) -> History:
    """Convert partitions of ratings to the same matrices as `build_history` of all together.

    Parameters
    ----------
    partitions : iterable of pa.Table of RATINGS
        Each user is in one partition only.
    films : Films
        Gives the columns. Ratings of other films are left out.

    Returns
    -------
    History
        Of all partitions.

    Notes
    -----
    Only one partition is in memory as a table. The whole takes 16 bytes per rating, and twice that
    while users are sorted.
    """
    parts = [build_history(table, films) for table in partitions]
    users = np.concatenate([part.users for part in parts])
    matrix = sparse.vstack([part.matrix for part in parts], format="csr", dtype=np.float32)
    time = np.concatenate([part.rated_at for part in parts])
    now = max(part.now for part in parts)
    del parts
    order = np.argsort(users, kind="stable")
    counts = np.diff(matrix.indptr)[order]
    first = np.cumsum(counts) - counts
    moved = np.repeat(matrix.indptr[:-1][order] - first, counts) + np.arange(matrix.nnz)
    return History(users[order], matrix[order], time[moved], now)


def build_profile(rated: list[tuple[int, float]], n_films: int) -> sparse.csr_matrix:
    """Return the ratings of one user as a matrix with one row.

    Parameters
    ----------
    rated : list of (int, float)
        Row of the film in `Films`, and stars; the last pair of a film counts.
    n_films : int
        Number of columns.

    Returns
    -------
    csr_matrix of shape (1, n_films), float32
        Stars.

    Examples
    --------
    >>> build_profile([(2, 4.5), (0, 3.0)], 4).toarray().tolist()
    [[3.0, 0.0, 4.5, 0.0]]
    """
    stars_of = dict(rated)
    columns = sorted(stars_of)
    stars = np.array([stars_of[column] for column in columns], np.float32)
    return sparse.csr_matrix(
        (stars, np.array(columns, np.int32), np.array([0, len(columns)])), shape=(1, n_films)
    )
