"""Which micro-genre of a new mining continues which micro-genre of the previous release.

Micro-genres are matched by their films and their centroids. The pairs are an optimal assignment
(Kuhn 1955, `scipy.optimize.linear_sum_assignment`). The order of the rows does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.lineage import EVENTS, LINEAGE
from pipeline.settings import IdentitySettings
from pipeline.taxonomy import micro_genre_ids

__all__ = [
    "Grouping",
    "Match",
    "assign_ids",
    "count_events",
    "empty_match",
    "lineage_table",
    "match_micro_genres",
]

_SIMILARITY_WEIGHT = 0.05  # of the centroids' cosine beside the overlap: it breaks ties


@dataclass(frozen=True)
class Grouping:
    """The films of a release by micro-genre.

    Attributes
    ----------
    movie_ids : sequence of str
        One per film.
    cluster : ndarray of shape (n_films,), int64
        The cluster of each film, from 0.
    centroids : ndarray of shape (k, dim), float32
        Unit vectors.
    """

    movie_ids: Sequence[str]
    cluster: np.ndarray
    centroids: np.ndarray


@dataclass(frozen=True)
class Match:
    """How the micro-genres of the previous release and the new ones overlap.

    Attributes
    ----------
    continued : dict of int to int
        New cluster -> previous cluster that it continues; each at most once.
    shared : ndarray of shape (n_previous, n_new), int64
        Number of films in both.
    similarity : ndarray of shape (n_previous, n_new), float32
        Cosines of the centroids, -1 to 1; NaN if the two spaces differ.
    """

    continued: dict[int, int]
    shared: np.ndarray
    similarity: np.ndarray

    @cached_property
    def share_of_previous(self) -> np.ndarray:
        """`shared` divided by the films of each previous micro-genre that still exist, 0 to 1."""
        return _share(self.shared, self.shared.sum(1, keepdims=True))

    @cached_property
    def share_of_new(self) -> np.ndarray:
        """`shared` divided by the films of each new micro-genre that existed before, 0 to 1."""
        return _share(self.shared, self.shared.sum(0, keepdims=True))


def empty_match(clusters: int) -> Match:
    """Return the match of a first release: no previous micro-genres and `clusters` new ones."""
    return Match({}, np.zeros((0, clusters), np.int64), np.zeros((0, clusters), np.float32))


def match_micro_genres(previous: Grouping, new: Grouping, settings: IdentitySettings) -> Match:
    """Match the micro-genres of two releases one to one.

    A new micro-genre continues its partner if one of these is true:

    - the overlap of their films is at least `same_share`;
    - the overlap is at least half of `same_share`, and the cosine of their centroids is at least
      `same_likeness`;
    - they share no film of both catalogues, and the cosine is at least `same_likeness`.

    Parameters
    ----------
    previous, new : Grouping
        The films of the two releases.
    settings : IdentitySettings
        Thresholds.

    Notes
    -----
    The overlap is the coefficient of Dice 1945: twice the shared films divided by the sum of both.
    """
    from scipy.optimize import linear_sum_assignment

    shared = _count_shared(previous, new)
    if previous.centroids.shape[1] == new.centroids.shape[1]:
        similarity = previous.centroids @ new.centroids.T
    else:
        similarity = np.full(shared.shape, np.nan, np.float32)
    total = shared.sum(1, keepdims=True) + shared.sum(0, keepdims=True)
    overlap = _share(2 * shared, total)
    cosine = np.nan_to_num(similarity, nan=0.0)
    rows, columns = linear_sum_assignment(
        overlap + _SIMILARITY_WEIGHT * cosine.astype(np.float64), maximize=True
    )
    similar = cosine >= settings.same_likeness
    same = (
        (overlap >= settings.same_share)
        | ((overlap >= settings.same_share / 2) & similar)
        | ((total == 0) & similar)
    )
    continued = {int(n): int(p) for p, n in zip(rows, columns, strict=True) if same[p, n]}
    return Match(continued, shared, similarity)


def assign_ids(
    match: Match, previous_ids: Sequence[str], names: Sequence[str], known_ids: Iterable[str]
) -> list[str]:
    """Return the id of each new micro-genre.

    Reuse the previous id if the micro-genre continues; otherwise create an id that no micro-genre
    has ever had.

    Parameters
    ----------
    match : Match
        Result of `match_micro_genres`.
    previous_ids : sequence of str
        Id of each previous cluster.
    names : sequence of str
        Name of each new cluster.
    known_ids : iterable of str
        Every id that a release of this folder has or had.

    Examples
    --------
    >>> assign_ids(empty_match(2), [], ["Spy Thrillers", "War Dramas"], ["war-dramas"])
    ['spy-thrillers', 'war-dramas-2']
    """
    reused = {new: previous_ids[previous] for new, previous in match.continued.items()}
    others = [new for new in range(len(names)) if new not in reused]
    created = micro_genre_ids([names[new] for new in others], {*known_ids, *previous_ids})
    ids = reused | dict(zip(others, created, strict=True))
    return [ids[new] for new in range(len(names))]


def lineage_table(
    match: Match,
    previous: Sequence[tuple[str, str]],
    new: Sequence[tuple[str, str]],
    ended: pa.Table,
    generation: int,
    settings: IdentitySettings,
) -> pa.Table:
    """Return LINEAGE of a release.

    A new micro-genre that got `origin_share` of its films from one previous micro-genre is split
    from it. A micro-genre that ended, and that gave `origin_share` of its films to one new
    micro-genre, is merged into it.

    Parameters
    ----------
    match : Match
        Result of `match_micro_genres`.
    previous, new : sequence of (str, str)
        Id and name of each cluster.
    ended : pa.Table
        LINEAGE rows of micro-genres that ended in earlier generations.
    generation : int
        Generation of the new release.
    settings : IdentitySettings
        Thresholds.

    Returns
    -------
    pa.Table
        One row for each new cluster in their order, then those that end with this release, then
        those that ended earlier.
    """
    rows: list[dict[str, Any]] = []

    def add(event: str, p: int | None, n: int | None) -> None:
        pair = p is not None and n is not None
        similarity = float(match.similarity[p, n]) if pair else float("nan")
        rows.append(
            {
                "generation": generation,
                "event": event,
                "previous_id": None if p is None else previous[p][0],
                "previous_name": None if p is None else previous[p][1],
                "micro_genre_id": None if n is None else new[n][0],
                "micro_genre_name": None if n is None else new[n][1],
                "shared_films": int(match.shared[p, n]) if pair else 0,
                "share_of_previous": float(match.share_of_previous[p, n]) if pair else 0.0,
                "share_of_new": float(match.share_of_new[p, n]) if pair else 0.0,
                "centroid_similarity": None if np.isnan(similarity) else similarity,
            }
        )

    for n in range(len(new)):
        p = match.continued.get(n)
        if p is not None:
            add("kept" if previous[p][1] == new[n][1] else "renamed", p, n)
        elif previous and match.share_of_new[:, n].max() >= settings.origin_share:
            add("split", int(match.share_of_new[:, n].argmax()), n)
        else:
            add("born", None, n)
    for p in sorted(set(range(len(previous))) - set(match.continued.values())):
        if new and match.share_of_previous[p].max() >= settings.origin_share:
            add("merged", p, int(match.share_of_previous[p].argmax()))
        else:
            add("gone", p, None)
    return pa.concat_tables([pa.Table.from_pylist(rows, LINEAGE), ended.cast(LINEAGE)])


def count_events(lineage: pa.Table, generation: int) -> dict[str, int]:
    """Return the number of micro-genres with each event in one generation.

    Parameters
    ----------
    lineage : pa.Table
        LINEAGE.
    generation : int
        Which generation to count.

    Returns
    -------
    dict of str to int
        One entry for each of EVENTS, 0 included.
    """
    own = lineage.filter(pc.equal(lineage["generation"], generation))
    counts = Counter(own.column("event").to_pylist())
    return {event: counts[event] for event in EVENTS}


def _count_shared(previous: Grouping, new: Grouping) -> np.ndarray:
    cluster_of = dict(zip(previous.movie_ids, previous.cluster.tolist(), strict=True))
    counts = np.zeros((len(previous.centroids), len(new.centroids)), np.int64)
    pairs = [
        (cluster_of[movie_id], cluster)
        for movie_id, cluster in zip(new.movie_ids, new.cluster.tolist(), strict=True)
        if movie_id in cluster_of
    ]
    if pairs:
        rows, columns = np.array(pairs).T
        np.add.at(counts, (rows, columns), 1)
    return counts


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(part / np.maximum(whole, 1), np.float64)
