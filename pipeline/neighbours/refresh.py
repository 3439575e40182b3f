"""Nearest films after a change of the catalogue: only lists that the change can affect."""

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

__all__ = ["refresh_neighbours"]

# A matrix product and a search can differ in the last digits: in doubt, search again.
_TOLERANCE = 1e-5
_ROWS = 65_536  # films compared with the changed ones at a time


def refresh_neighbours(
    before: pa.Table,
    embeddings: pa.Table,
    moved: Collection[str],
    withdrawn: Collection[str],
    settings: NeighbourSettings,
) -> tuple[pa.Table, pa.Table]:
    """Return the nearest films of every film after a change, and the index.

    A list is computed again if its film moved, if it names a film that moved or is withdrawn, if
    it is shorter than it could be, or if a moved film is near enough to enter it. With a flat index
    the result equals a search for every film.

    Parameters
    ----------
    before : Table
        NEIGHBOURS of the previous release.
    embeddings : Table
        EMBEDDINGS of all films now, in the order of the rows of the index.
    moved : collection of str
        Ids of films that are new or have another vector.
    withdrawn : collection of str
        Ids of films that are no longer in the catalogue.
    settings : NeighbourSettings
        Settings of the index and the search.

    Returns
    -------
    neighbours : Table
        NEIGHBOURS of all films now, by `movie_id` and `rank`.
    index : Table
        `index.INDEX`.
    """
    index = build_index(embeddings, settings, len(embeddings))["index"]
    ids = embeddings.column("movie_id").combine_chunks()
    changed = pa.array(sorted({*moved, *withdrawn}), pa.string())
    lists = before.filter(pc.is_in(before["movie_id"], value_set=ids))
    names_changed = lists.filter(pc.is_in(lists["neighbour_id"], value_set=changed))
    affected = set(moved) | set(names_changed["movie_id"].to_pylist())
    affected |= _films_with_short_lists(lists, ids, min(settings.count, len(ids) - 1))
    affected |= _films_near_moved(lists, embeddings, moved)
    affected_ids = pa.array(sorted(affected), pa.string())
    everyone = pa.table([ids], names=["movie_id"])
    queries = embeddings.filter(pc.is_in(ids, value_set=affected_ids))
    found = nearest_films(queries, everyone, index, settings)["neighbours"]
    unchanged = lists.filter(pc.invert(pc.is_in(lists["movie_id"], value_set=affected_ids)))
    order = [("movie_id", "ascending"), ("rank", "ascending")]
    return pa.concat_tables([unchanged, found]).sort_by(order).cast(NEIGHBOURS), index


def _films_with_short_lists(lists: pa.Table, ids: pa.Array, count: int) -> set[str]:
    """Return the films whose list does not have `count` rows."""
    counted = lists.group_by("movie_id").aggregate([("rank", "count")])
    full = counted.filter(pc.equal(counted["rank_count"], count))["movie_id"]
    return set(ids.to_pylist()) - set(full.to_pylist())


def _films_near_moved(lists: pa.Table, embeddings: pa.Table, moved: Collection[str]) -> set[str]:
    """Return the films to which a moved film is at least as near as the last of their list."""
    ids = embeddings.column("movie_id")
    moved_films = embeddings.filter(pc.is_in(ids, value_set=pa.array(sorted(moved), pa.string())))
    if not len(moved_films) or not len(lists):
        return set()
    last = lists.group_by("movie_id").aggregate([("similarity", "min")])
    last_similarity = dict(
        zip(last["movie_id"].to_pylist(), last["similarity_min"].to_pylist(), strict=True)
    )
    all_ids = ids.to_pylist()
    bounds = np.array([last_similarity.get(movie_id, np.inf) for movie_id in all_ids], np.float32)
    vectors, moved_vectors = matrix_of(embeddings), matrix_of(moved_films)
    near: set[str] = set()
    for start in range(0, len(vectors), _ROWS):
        part = slice(start, start + _ROWS)
        best = (vectors[part] @ moved_vectors.T).max(1)
        rows = np.flatnonzero(best >= bounds[part] - _TOLERANCE)
        near.update(all_ids[start + row] for row in rows.tolist())
    return near
