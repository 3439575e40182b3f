"""One split of films for every model: stratified over all genres, near-duplicates on one side.

Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011), over groups of films instead of
single films: films with near-duplicate texts form one group, and a group is never divided.
"""

from __future__ import annotations

from collections.abc import Sequence

import faiss
import numpy as np
import pyarrow as pa

from pipeline.genres.data.films import FILMS, label_matrix
from pipeline.schemas.mining import validate
from pipeline.settings import GenreSettings

__all__ = ["group_near_duplicates", "split", "stratify"]

_NEAREST = 8  # nearest films of each film that are compared for near-duplicates
_BLOCK = 4_096


def split(films: pa.Table, vectors: np.ndarray, settings: GenreSettings, seed: int) -> pa.Table:
    """Return the films with `part` (train, validation, test) and `fold`.

    Parameters
    ----------
    films : pyarrow.Table
        `FILMS`, n_films rows.
    vectors : ndarray of shape (n_films, dim), float32
        Embeddings of the films' texts, unit length.
    settings : GenreSettings
        Shares of the parts, number of folds, and cosine of near-duplicates.
    seed : int
        Seed of the random generator; the same films and seed give the same split.

    Returns
    -------
    pyarrow.Table
        `FILMS`. Near-duplicate films are in the same part and the same fold.
    """
    validate(films, FILMS, name="films")
    labels, _ = label_matrix(films)
    groups = group_near_duplicates(vectors, settings.near_duplicate)
    test, validation = settings.test_share, settings.validation_share
    part = stratify(labels, groups, [1 - test - validation, validation, test], seed)
    not_test = np.flatnonzero(part < 2)
    fold = np.full(len(part), -1, np.int8)
    if len(not_test):
        shares = [1 / settings.folds] * settings.folds
        fold[not_test] = stratify(labels[not_test], groups[not_test], shares, seed + 1)
    names = np.array(["train", "validation", "test"], object)[part]
    divided = films.set_column(4, FILMS.field("part"), pa.array(names, pa.string()))
    return divided.set_column(5, FILMS.field("fold"), pa.array(fold, pa.int8()))


def group_near_duplicates(vectors: np.ndarray, least: float) -> np.ndarray:
    """Return the group of each film: films connected by a cosine of at least `least`.

    Parameters
    ----------
    vectors : ndarray of shape (n_films, dim), float32
        Embeddings, unit length.
    least : float
        Smallest cosine of two near-duplicates, 0 to 1.

    Returns
    -------
    ndarray of shape (n_films,), int64
        Number of the group, from 0.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(vectors)
    if count == 0:
        return np.zeros(0, np.int64)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    firsts, seconds = [], []
    for start in range(0, count, _BLOCK):
        cosine, rows = index.search(vectors[start : start + _BLOCK], min(_NEAREST, count))
        first, place = np.nonzero((cosine >= least) & (rows >= 0))
        firsts.append(first + start)
        seconds.append(rows[first, place])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    graph = coo_matrix((np.ones(len(first), bool), (first, second)), (count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def stratify(
    labels: np.ndarray, groups: np.ndarray, shares: Sequence[float], seed: int
) -> np.ndarray:
    """Distribute films over parts so that each part has its share of each genre.

    The rarest genre with films left to place comes first. Each of its groups goes to the part that
    lacks most films of this genre; among equal parts, to the one that lacks most films; then a
    random one.

    Parameters
    ----------
    labels : ndarray of shape (n_films, n_genres), bool
        True where the film has the genre.
    groups : ndarray of shape (n_films,), int
        Group of each film; a group is never divided.
    shares : sequence of float
        Share of each part; their sum is 1.
    seed : int
        Seed of the random generator.

    Returns
    -------
    ndarray of shape (n_films,), int64
        Part of each film, 0 to len(shares) - 1.

    Notes
    -----
    Sechidis, Tsoumakas and Vlahavas 2011, "On the stratification of multi-label data", section 3.

    Examples
    --------
    >>> labels = np.ones((4, 1), bool)
    >>> np.bincount(stratify(labels, np.arange(4), [0.5, 0.5], seed=1)).tolist()
    [2, 2]
    """
    rng = np.random.default_rng(seed)
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max(initial=-1)) + 1
    sizes = np.bincount(group, minlength=count)
    sums = np.zeros((count, labels.shape[1]), np.int64)
    np.add.at(sums, group, labels.astype(np.int64))
    lacking = np.outer(shares, sums.sum(0)).astype(np.float64)
    lacking_films = np.asarray(shares) * len(labels)
    order = rng.permutation(count)
    part = np.full(count, -1, np.int64)
    left = sums.sum(0)
    while (left > 0).any():
        genre = int(np.flatnonzero(left > 0)[np.argmin(left[left > 0])])
        for own in order[(part[order] < 0) & (sums[order, genre] > 0)]:
            part[own] = _neediest(lacking[:, genre], lacking_films, rng)
            lacking[part[own]] -= sums[own]
            lacking_films[part[own]] -= sizes[own]
            left = left - sums[own]
    for own in order[part[order] < 0]:  # films without a genre
        part[own] = _neediest(lacking_films, lacking_films, rng)
        lacking_films[part[own]] -= sizes[own]
    return part[group]


def _neediest(lacking: np.ndarray, lacking_films: np.ndarray, rng: np.random.Generator) -> int:
    """Return the part that lacks most; among equals the one that lacks most films, then random."""
    most = np.flatnonzero(lacking == lacking.max())
    most = most[lacking_films[most] == lacking_films[most].max()]
    return int(most[0] if len(most) == 1 else rng.choice(most))
