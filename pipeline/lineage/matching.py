"""Which micro-genre of a new mining is which of the release before: by films and by centroids.

Pairs are an optimal assignment (Kuhn 1955, as `scipy.optimize.linear_sum_assignment`) over the
overlap of their films. The rows' order plays no part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    "count_events",
    "identify_all",
    "lineage",
    "match",
    "no_match",
]

_NEARNESS = 0.05  # how much the centroids' cosine counts beside the overlap: it breaks ties


@dataclass(frozen=True)
class Grouping:
    """Films in groups.

    Parameters
    ----------
    movie_ids : one per film. cluster : (films,) whole numbers from 0.
    centroids : (k, dim) float32, unit.
    """

    movie_ids: Sequence[str]
    cluster: np.ndarray
    centroids: np.ndarray


@dataclass(frozen=True)
class Match:
    """How the micro-genres before and now overlap.

    Attributes
    ----------
    goes_on : {new cluster: cluster before}, each at most once.
    shared : (before, now) films in both.
    likeness : (before, now) cosines of the centroids; NaN where the spaces differ.
    """

    goes_on: dict[int, int]
    shared: np.ndarray
    likeness: np.ndarray

    @property
    def of_previous(self) -> np.ndarray:
        """`shared` as a share of the films that each had before and that are still there."""
        return _share(self.shared, self.shared.sum(1, keepdims=True))

    @property
    def of_new(self) -> np.ndarray:
        """`shared` as a share of the films that each has now and that were there before."""
        return _share(self.shared, self.shared.sum(0, keepdims=True))


def no_match(now: int) -> Match:
    """Nothing came before; `now` is the number of micro-genres."""
    return Match({}, np.zeros((0, now), np.int64), np.zeros((0, now), np.float32))


def match(before: Grouping, now: Grouping, settings: IdentitySettings) -> Match:
    """Pair the micro-genres of two releases.

    A pair holds where the overlap of its films (Dice 1945: twice the shared over the sum of both)
    is `same_share` or more, or at least half of that with centroids as like as `same_likeness`;
    without any film in common the centroids alone decide.
    """
    from scipy.optimize import linear_sum_assignment

    shared = _shared(before, now)
    if before.centroids.shape[1] == now.centroids.shape[1]:
        likeness = before.centroids @ now.centroids.T
    else:
        likeness = np.full(shared.shape, np.nan, np.float32)
    total = shared.sum(1, keepdims=True) + shared.sum(0, keepdims=True)
    overlap = _share(2 * shared, total)
    near = np.nan_to_num(likeness, nan=0.0)
    rows, columns = linear_sum_assignment(
        overlap + _NEARNESS * near.astype(np.float64), maximize=True
    )
    alike = near >= settings.same_likeness
    same = (
        (overlap >= settings.same_share)
        | ((overlap >= settings.same_share / 2) & alike)
        | ((total == 0) & alike)
    )
    goes_on = {int(new): int(old) for old, new in zip(rows, columns, strict=True) if same[old, new]}
    return Match(goes_on, shared, likeness)


def identify_all(
    found: Match, ids_before: Sequence[str], names: Sequence[str], ever: Iterable[str]
) -> list[str]:
    """The id of each micro-genre: that of before where it goes on, else one that never was.

    Parameters
    ----------
    ids_before : by cluster before. names : by cluster now. ever : every id that was given.
    """
    going = {new: ids_before[old] for new, old in found.goes_on.items()}
    taken = {*ever, *ids_before}
    fresh = [new for new in range(len(names)) if new not in going]
    made = micro_genre_ids([names[new] for new in fresh], taken)
    ids = going | dict(zip(fresh, made, strict=True))
    return [ids[new] for new in range(len(names))]


def lineage(
    found: Match,
    before: Sequence[tuple[str, str]],
    now: Sequence[tuple[str, str]],
    ended: pa.Table,
    generation: int,
    settings: IdentitySettings,
) -> pa.Table:
    """LINEAGE: by cluster now, then what ended now, then what had ended before.

    Parameters
    ----------
    before, now : (id, name) by cluster. ended : rows of LINEAGE of earlier generations.

    A new micro-genre of which `origin_share` comes from one before is split from it; one that
    ended and whose films went to one new micro-genre by that share is merged into it.
    """
    rows: list[dict[str, Any]] = []

    def told(event: str, old: int | None, new: int | None) -> None:
        pair = old is not None and new is not None
        likeness = float(found.likeness[old, new]) if pair else float("nan")
        rows.append(
            {
                "generation": generation,
                "event": event,
                "previous_id": None if old is None else before[old][0],
                "previous_name": None if old is None else before[old][1],
                "micro_genre_id": None if new is None else now[new][0],
                "micro_genre_name": None if new is None else now[new][1],
                "shared_films": int(found.shared[old, new]) if pair else 0,
                "share_of_previous": float(found.of_previous[old, new]) if pair else 0.0,
                "share_of_new": float(found.of_new[old, new]) if pair else 0.0,
                "centroid_similarity": None if np.isnan(likeness) else likeness,
            }
        )

    for new in range(len(now)):
        old = found.goes_on.get(new)
        if old is not None:
            told("kept" if before[old][1] == now[new][1] else "renamed", old, new)
        elif before and found.of_new[:, new].max() >= settings.origin_share:
            told("split", int(found.of_new[:, new].argmax()), new)
        else:
            told("born", None, new)
    for old in sorted(set(range(len(before))) - set(found.goes_on.values())):
        if now and found.of_previous[old].max() >= settings.origin_share:
            told("merged", old, int(found.of_previous[old].argmax()))
        else:
            told("gone", old, None)
    return pa.concat_tables([pa.Table.from_pylist(rows, LINEAGE), ended.cast(LINEAGE)])


def count_events(told: pa.Table, generation: int) -> dict[str, int]:
    """How many micro-genres were kept, renamed and so on in that generation, by event."""
    own = told.filter(pc.equal(told["generation"], generation))
    found = Counter(own.column("event").to_pylist())
    return {event: found[event] for event in EVENTS}


def _shared(before: Grouping, now: Grouping) -> np.ndarray:
    place = dict(zip(before.movie_ids, before.cluster.tolist(), strict=True))
    counts = np.zeros((len(before.centroids), len(now.centroids)), np.int64)
    pairs = [
        (place[movie_id], new)
        for movie_id, new in zip(now.movie_ids, now.cluster.tolist(), strict=True)
        if movie_id in place
    ]
    if pairs:
        old, new = np.array(pairs).T
        np.add.at(counts, (old, new), 1)
    return counts


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(part / np.maximum(whole, 1), np.float64)
