"""One split of films for every model: stratified over all genres, near-duplicates on one side.

Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011), here over groups of films instead
of single films: films whose texts say the same are one group, and a group is never divided.
"""

from __future__ import annotations

from collections.abc import Sequence

import faiss
import numpy as np
import pyarrow as pa

from pipeline.genres.data.films import FILMS, label_matrix
from pipeline.schemas.mining import validate
from pipeline.settings import GenreSettings

__all__ = ["near_duplicates", "split", "stratified"]

_NEAREST = 8  # films looked at around each for near-duplicates
_BLOCK = 4_096


def split(films: pa.Table, vectors: np.ndarray, settings: GenreSettings, seed: int) -> pa.Table:
    """Films with `part` (train, validation, test) and `fold`.

    Parameters
    ----------
    films : FILMS, n rows. vectors : (n, dim) float32, unit length, of the films' descriptions.
    seed : the same films and seed give the same split.

    Returns
    -------
    FILMS. The films of a group of near-duplicates have the same part and the same fold.
    """
    validate(films, FILMS, name="films")
    labels, _ = label_matrix(films)
    groups = near_duplicates(vectors, settings.near_duplicate)
    test, held = settings.test_share, settings.validation_share
    part = stratified(labels, groups, [1 - test - held, held, test], seed)
    learnt = np.flatnonzero(part < 2)
    fold = np.full(len(part), -1, np.int8)
    if len(learnt):
        shares = [1 / settings.folds] * settings.folds
        fold[learnt] = stratified(labels[learnt], groups[learnt], shares, seed + 1)
    names = np.array(["train", "validation", "test"], object)[part]
    made = films.set_column(4, FILMS.field("part"), pa.array(names, pa.string()))
    return made.set_column(5, FILMS.field("fold"), pa.array(fold, pa.int8()))


def near_duplicates(vectors: np.ndarray, least: float) -> np.ndarray:
    """The group of each film, int64 (n,): connected by cosines of `least` or more, from 0 up."""
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


def stratified(
    labels: np.ndarray, groups: np.ndarray, shares: Sequence[float], seed: int
) -> np.ndarray:
    """The part of each film, int64 (n,), 0 to len(shares) - 1.

    The rarest genre that still has films to place comes first; each of its groups goes to the part
    that lacks most of that genre, of equals to the one that lacks most films, then by chance.

    Parameters
    ----------
    labels : bool (n, genres). groups : int (n,). shares : of the parts, adding up to 1.
    """
    chance = np.random.default_rng(seed)
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max(initial=-1)) + 1
    sizes = np.bincount(group, minlength=count)
    sums = np.zeros((count, labels.shape[1]), np.int64)
    np.add.at(sums, group, labels.astype(np.int64))
    lacks = np.outer(shares, sums.sum(0)).astype(np.float64)
    lacks_films = np.asarray(shares) * len(labels)
    order = chance.permutation(count)
    part = np.full(count, -1, np.int64)
    left = sums.sum(0)
    while (left > 0).any():
        genre = int(np.flatnonzero(left > 0)[np.argmin(left[left > 0])])
        for place in order[(part[order] < 0) & (sums[order, genre] > 0)]:
            part[place] = _neediest(lacks[:, genre], lacks_films, chance)
            lacks[part[place]] -= sums[place]
            lacks_films[part[place]] -= sizes[place]
            left = left - sums[place]
    for place in order[part[order] < 0]:  # films without a genre
        part[place] = _neediest(lacks_films, lacks_films, chance)
        lacks_films[part[place]] -= sizes[place]
    return part[group]


def _neediest(lacks: np.ndarray, films: np.ndarray, chance: np.random.Generator) -> int:
    most = np.flatnonzero(lacks == lacks.max())
    most = most[films[most] == films[most].max()]
    return int(most[0] if len(most) == 1 else chance.choice(most))
