"""Nearest films after a change: only the lists that a change can touch are made again."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.neighbours.index import build_index
from pipeline.neighbours.search import nearest_films
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import NeighbourSettings

__all__ = ["updated_neighbours"]

_ROUNDING = 1e-5  # a product and a search may differ in the last digits: look once too often
_ROWS = 65_536  # films compared with the changed ones at a time


def updated_neighbours(
    before: pa.Table,
    embeddings: pa.Table,
    moved: Collection[str],
    withdrawn: Collection[str],
    settings: NeighbourSettings,
) -> tuple[pa.Table, pa.Table]:
    """The nearest films of every film now, and the index: NEIGHBOURS, `film_index.INDEX`.

    Parameters
    ----------
    before : NEIGHBOURS of the release before, of the films that it had.
    embeddings : EMBEDDINGS of all films now, in the order of the index.
    moved : ids of films that are new or have another vector. withdrawn : ids that are gone.

    A list is made again where its film moved, where it names a film that moved or went, where it
    is shorter than it could be, or where a moved film is near enough to come into it. With a flat
    index the result is that of searching for every film.
    """
    index = build_index(embeddings, settings, len(embeddings))["index"]
    ids = embeddings.column("movie_id").combine_chunks()
    gone = pa.array(sorted({*moved, *withdrawn}), pa.string())
    stays = before.filter(pc.is_in(before["movie_id"], value_set=ids))
    named_gone = stays.filter(pc.is_in(stays["neighbour_id"], value_set=gone))
    touched = set(moved) | set(named_gone["movie_id"].to_pylist())
    touched |= _short(stays, ids, min(settings.count, len(ids) - 1))
    touched |= _reached(stays, embeddings, moved)
    again = pc.is_in(ids, value_set=pa.array(sorted(touched), pa.string()))
    everyone = pa.table([ids], names=["movie_id"])
    found = nearest_films(embeddings.filter(again), everyone, index, settings)["neighbours"]
    left = stays.filter(
        pc.invert(pc.is_in(stays["movie_id"], value_set=pa.array(sorted(touched), pa.string())))
    )
    whole = pa.concat_tables([left, found])
    order = [("movie_id", "ascending"), ("rank", "ascending")]
    return whole.sort_by(order).cast(NEIGHBOURS), index


def _short(lists: pa.Table, ids: pa.Array, count: int) -> set[str]:
    """Films whose list has another length than it could have."""
    counted = lists.group_by("movie_id").aggregate([("rank", "count")])
    full = counted.filter(pc.equal(counted["rank_count"], count))["movie_id"]
    return set(ids.to_pylist()) - set(full.to_pylist())


def _reached(lists: pa.Table, embeddings: pa.Table, moved: Collection[str]) -> set[str]:
    """Films to which a moved film is at least as near as the last of their list."""
    ids = embeddings.column("movie_id")
    chosen = embeddings.filter(pc.is_in(ids, value_set=pa.array(sorted(moved), pa.string())))
    if not len(chosen) or not len(lists):
        return set()
    last = lists.group_by("movie_id").aggregate([("similarity", "min")])
    edge_of = dict(
        zip(last["movie_id"].to_pylist(), last["similarity_min"].to_pylist(), strict=True)
    )
    names = ids.to_pylist()
    edges = np.array([edge_of.get(name, np.inf) for name in names], np.float32)
    vectors, near = matrix_of(embeddings), matrix_of(chosen)
    found: set[str] = set()
    for start in range(0, len(vectors), _ROWS):
        part = slice(start, start + _ROWS)
        best = (vectors[part] @ near.T).max(1)
        rows = np.flatnonzero(best >= edges[part] - _ROUNDING)
        found.update(names[start + row] for row in rows.tolist())
    return found
