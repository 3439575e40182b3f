"""Ratings as matrices: who rated what, how high and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.recommend.data.films import Films

__all__ = ["History", "history", "history_of", "profile"]


@dataclass(frozen=True)
class History:
    """Ratings to learn from.

    Attributes
    ----------
    users : int64 (users,), ascending. matrix : CSR float32 (users, films) of stars.
    rated_at : int64, the second of each value of `matrix`, in its order. now : the last of them.
    """

    users: np.ndarray
    matrix: sparse.csr_matrix
    rated_at: np.ndarray
    now: int

    @property
    def counts(self) -> np.ndarray:
        """Ratings of each film, int64 (films,)."""
        return np.bincount(self.matrix.indices, minlength=self.matrix.shape[1])

    def rows_of(self, user_ids: np.ndarray) -> np.ndarray:
        """The row of each user, -1 for one that is not here."""
        if not len(self.users):
            return np.full(len(user_ids), -1)
        at = np.minimum(np.searchsorted(self.users, user_ids), len(self.users) - 1)
        return np.where(self.users[at] == user_ids, at, -1)


def history(ratings: pa.Table, films: Films) -> History:
    """RATINGS as matrices; ratings of films that are not among `films` are left out."""
    columns = ("user_id", "film_id", "rating", "timestamp")
    user, film, stars, time = (ratings.column(name).to_numpy() for name in columns)
    column = films.row_of(film)
    here = column >= 0
    if not here.all():
        user, column, stars, time = user[here], column[here], stars[here], time[here]
    users, row = np.unique(user, return_inverse=True)
    order = np.lexsort((column, row))
    row, column = row[order], column[order].astype(np.int32)
    start = np.searchsorted(row, np.arange(len(users) + 1)).astype(np.int64)
    matrix = sparse.csr_matrix(
        (stars[order].astype(np.float32), column, start), shape=(len(users), len(films))
    )
    return History(users, matrix, time[order], int(time.max()) if len(time) else 0)


def history_of(partitions: Iterable[pa.Table], films: Films) -> History:
    """`history` of all partitions together, of which no two hold the same user.

    The columns of one partition are held at a time; of the whole, 16 bytes of each rating, and as
    many again while users are put in order.
    """
    parts = [history(table, films) for table in partitions]
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


def profile(rated: list[tuple[int, float]], count: int) -> sparse.csr_matrix:
    """One user's ratings, (film row, stars) each, as CSR float32 (1, count)."""
    own = dict(rated)
    columns = sorted(own)
    stars = np.array([own[c] for c in columns], np.float32)
    return sparse.csr_matrix(
        (stars, np.array(columns, np.int32), np.array([0, len(columns)])), shape=(1, count)
    )
