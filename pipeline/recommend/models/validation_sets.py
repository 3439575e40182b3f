"""What a recommender is asked when it is measured: users' later films, from what came before.

Of a slice of time each user's first half (by time, half-open) is given, with all that was rated
before the slice; the films liked in the second half are asked for. So users who come new are asked
like others, and nothing that is given is later than what is asked of the same user.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History, history
from pipeline.recommend.data.matrices import with_values

__all__ = ["Questions", "questions"]


@dataclass(frozen=True)
class Questions:
    """One row for each user who is asked.

    Attributes
    ----------
    users : int64. given, liked : CSR (users, films): stars that are known; films that were liked
        later, as 1. rated : CSR of stars of all films rated later. before : int64, how many ratings
        the model could learn from of this user. cold : bool (films,), no rating was learnt from.
    """

    users: np.ndarray
    given: sparse.csr_matrix
    liked: sparse.csr_matrix
    rated: sparse.csr_matrix
    before: np.ndarray
    cold: np.ndarray

    def of(self, rows: np.ndarray) -> Questions:
        """Those of some users."""
        return Questions(
            self.users[rows],
            self.given[rows],
            self.liked[rows],
            self.rated[rows],
            self.before[rows],
            self.cold,
        )


def questions(
    known: History, later: pa.Table, films: Films, liked: float, most: int, seed: int
) -> Questions:
    """The questions of a slice of RATINGS that is later than all of `known`.

    Parameters
    ----------
    liked : stars from which a film was liked. most : users asked at most, a seeded sample.
    """
    slice_ = history(later, films)
    first = np.zeros(slice_.matrix.nnz, bool)
    for a, b in zip(slice_.matrix.indptr[:-1], slice_.matrix.indptr[1:], strict=True):
        own = slice_.rated_at[a:b]
        first[a:b] = own < np.sort(own)[(b - a) // 2]
    given, asked = _part(slice_.matrix, first), _part(slice_.matrix, ~first)
    good = asked.copy()
    good.data = (good.data >= liked).astype(np.float32)
    good.eliminate_zeros()
    at = known.rows_of(slice_.users)
    before = np.where(at >= 0, np.diff(known.matrix.indptr)[np.maximum(at, 0)], 0)
    pick = sparse.csr_matrix(
        ((at >= 0).astype(np.float32), np.maximum(at, 0), np.arange(len(at) + 1)),
        shape=(len(at), known.matrix.shape[0]),
    )
    everything = (pick @ known.matrix) if known.matrix.shape[0] else given * 0
    again = _where_not(everything, given)  # what is given counts as it was said last
    rows = np.flatnonzero(np.diff(good.indptr) > 0)
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:most])
    whole = (again + given).tocsr()
    whole.sort_indices()
    found = Questions(slice_.users, whole, good, asked, before, known.counts == 0)
    return found.of(rows)


def _part(matrix: sparse.csr_matrix, keep: np.ndarray) -> sparse.csr_matrix:
    part = matrix.copy()
    part.data = np.where(keep, part.data, 0)
    part.eliminate_zeros()
    return part


def _where_not(matrix: sparse.csr_matrix, other: sparse.csr_matrix) -> sparse.csr_matrix:
    there = with_values(other, np.ones_like(other.data))
    left = (matrix - matrix.multiply(there)).tocsr()
    left.eliminate_zeros()
    return left
