"""Validation sets: profiles from earlier ratings, and the films that the users liked later.

The ratings of each user in a period are cut in two by time, half-open. The profile is the first
half and everything that the user rated before the period; the liked films of the second half are
to be predicted. So new users are measured like others, and no profile holds a rating that is later
than one to be predicted for the same user.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import History, build_history
from pipeline.recommend.data.matrices import replace_values

__all__ = ["ValidationSet", "build_validation_set"]


@dataclass(frozen=True)
class ValidationSet:
    """Profiles of users, and what they rated later.

    Attributes
    ----------
    users : ndarray of shape (n_users,), int64
        User ids, ascending.
    profiles : csr_matrix of shape (n_users, n_films), float32
        Stars that the model may use.
    liked : csr_matrix of shape (n_users, n_films), float32
        1 for each film that was liked later; at least one per user.
    rated : csr_matrix of shape (n_users, n_films), float32
        Stars of all films that were rated later.
    training_counts : ndarray of shape (n_users,), int64
        Number of training ratings of each user.
    cold : ndarray of shape (n_films,), bool
        Whether the film has no training rating.
    """

    users: np.ndarray
    profiles: sparse.csr_matrix
    liked: sparse.csr_matrix
    rated: sparse.csr_matrix
    training_counts: np.ndarray
    cold: np.ndarray

    def select(self, rows: np.ndarray) -> ValidationSet:
        """Return the set with only some users.

        Parameters
        ----------
        rows : ndarray of shape (n,), int64
            Rows of the users.
        """
        return ValidationSet(
            self.users[rows],
            self.profiles[rows],
            self.liked[rows],
            self.rated[rows],
            self.training_counts[rows],
            self.cold,
        )


def build_validation_set(
    history: History, later: pa.Table, films: Films, liked: float, max_users: int, seed: int
) -> ValidationSet:
    """Build the validation set of a period that is later than all training ratings.

    Parameters
    ----------
    history : History
        Training ratings.
    later : pa.Table of RATINGS
        Ratings of the period.
    films : Films
        Films in the column order of `history.matrix`.
    liked : float
        A film with at least this number of stars was liked.
    max_users : int
        Maximum number of users; more are sampled at random.
    seed : int
        Seed of the sample.

    Returns
    -------
    ValidationSet
        Only users who liked a film in the second half of their ratings of the period.
    """
    period = build_history(later, films)
    first = np.zeros(period.matrix.nnz, bool)
    for a, b in zip(period.matrix.indptr[:-1], period.matrix.indptr[1:], strict=True):
        times = period.rated_at[a:b]
        first[a:b] = times < np.sort(times)[(b - a) // 2]
    known, rated = _select_values(period.matrix, first), _select_values(period.matrix, ~first)
    good = rated.copy()
    good.data = (good.data >= liked).astype(np.float32)
    good.eliminate_zeros()
    at = history.rows_of(period.users)
    counts = np.where(at >= 0, np.diff(history.matrix.indptr)[np.maximum(at, 0)], 0)
    pick = sparse.csr_matrix(
        ((at >= 0).astype(np.float32), np.maximum(at, 0), np.arange(len(at) + 1)),
        shape=(len(at), history.matrix.shape[0]),
    )
    training = (pick @ history.matrix) if history.matrix.shape[0] else known * 0
    earlier = _without_positions_of(training, known)  # the later rating of a film counts
    rows = np.flatnonzero(np.diff(good.indptr) > 0)
    if len(rows) > max_users:
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:max_users])
    profiles = (earlier + known).tocsr()
    profiles.sort_indices()
    whole = ValidationSet(period.users, profiles, good, rated, counts, history.counts == 0)
    return whole.select(rows)


def _select_values(matrix: sparse.csr_matrix, keep: np.ndarray) -> sparse.csr_matrix:
    part = matrix.copy()
    part.data = np.where(keep, part.data, 0)
    part.eliminate_zeros()
    return part


def _without_positions_of(matrix: sparse.csr_matrix, other: sparse.csr_matrix) -> sparse.csr_matrix:
    ones = replace_values(other, np.ones_like(other.data))
    rest = (matrix - matrix.multiply(ones)).tocsr()
    rest.eliminate_zeros()
    return rest
