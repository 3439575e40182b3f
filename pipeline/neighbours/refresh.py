"""Nearest films after a change of the catalogue: only lists that the change can affect.

Of all films, the memory has some numbers each; vectors and lists are read one part at a time.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.fileio.external_sort import StreamedTable
from pipeline.neighbours.search import nearest_films
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.schemas.vectors import Parts, parts_of
from pipeline.settings import NeighbourSettings

__all__ = ["ListsBefore", "NearMoved", "read_lists", "search_again"]

# A matrix product and a search can differ in the last digits: in doubt, search again.
_TOLERANCE = 1e-5
_QUERIES = 32_768  # films searched at a time


@dataclass(frozen=True)
class ListsBefore:
    """What is known of the lists of a release, film by film.

    Attributes
    ----------
    bounds : ndarray of shape (n_films,), float32
        Similarity of the last film of each list, by the rows of the ids that `read_lists` was
        given; infinite for a film without a list.
    affected : ndarray of shape (n_films,), bool
        Films whose list names a film that changed, or is shorter than it could be.
    lengths : ndarray of shape (n_films,), int64
        Number of rows of each list.
    lost : int
        Number of rows of the lists of other films.
    """

    bounds: np.ndarray
    affected: np.ndarray
    lengths: np.ndarray
    lost: int


def read_lists(
    before: pa.Table | Parts, ids: pa.Array, changed: pa.Array, count: int
) -> ListsBefore:
    """Read the lists of a release, to find those that a change affects.

    Parameters
    ----------
    before : Table or Parts
        NEIGHBOURS of the release, by `movie_id`.
    ids : pa.Array
        Ids of the films now, sorted.
    changed : pa.Array
        Ids of films that moved or were withdrawn.
    count : int
        Length of a list of the settings, of at most all other films.
    """
    bounds = np.full(len(ids), np.inf, np.float32)
    lengths = np.zeros(len(ids), np.int64)
    affected = np.zeros(len(ids), bool)
    lost = 0
    for part in parts_of(before):
        if not len(part):
            continue
        first, own = _between(ids, part["movie_id"][0].as_py(), part["movie_id"][-1].as_py())
        film = pc.index_in(part["movie_id"].combine_chunks(), value_set=own)
        known = pc.is_valid(film).to_numpy(zero_copy_only=False)
        rows = first + film.drop_null().to_numpy()
        lost += len(part) - len(rows)
        similarity = part["similarity"].to_numpy()[known]
        np.minimum.at(bounds, rows, similarity)
        np.add.at(lengths, rows, 1)
        names = pc.is_in(part["neighbour_id"], value_set=changed).to_numpy(zero_copy_only=False)
        affected[rows[names[known]]] = True
    short = lengths != min(count, len(ids) - 1)
    return ListsBefore(bounds, affected | short, lengths, lost)


def _between(ids: pa.Array, first: str, last: str) -> tuple[int, pa.Array]:
    """Return the sorted ids from `first` to `last`, and the row of the first of them."""
    rows = range(len(ids))
    start = bisect_left(rows, first, key=lambda row: str(ids[row].as_py()))
    stop = bisect_right(rows, last, key=lambda row: str(ids[row].as_py()))
    return start, ids.slice(start, stop - start)


class NearMoved:
    """Finds the films to which a moved film is at least as near as the last of their list.

    Parameters
    ----------
    moved : ndarray of shape (n_moved, dim), float32
        Vectors of the films that moved.
    """

    def __init__(self, moved: np.ndarray) -> None:
        self._moved = np.ascontiguousarray(moved.T)

    def of(self, vectors: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """Return which of some films a moved film is near to, (n_films,) bool.

        Parameters
        ----------
        vectors : ndarray of shape (n_films, dim), float32
            Vectors of the films.
        bounds : ndarray of shape (n_films,), float32
            `ListsBefore.bounds` of them.
        """
        if not self._moved.shape[1]:
            return np.zeros(len(vectors), bool)
        near = np.zeros(len(vectors), bool)
        # blocks of a few MiB, however many films moved
        step = max(1, 2**23 // max(1, self._moved.shape[1]))
        for start in range(0, len(vectors), step):
            part = slice(start, start + step)
            best = (vectors[part] @ self._moved).max(1)
            near[part] = best >= bounds[part] - _TOLERANCE
        return near


def search_again(
    queries: pa.Table | StreamedTable,
    everyone: pa.Table,
    index: pa.Table | Parts,
    settings: NeighbourSettings,
) -> pa.Table:
    """Return the nearest films of some films.

    Parameters
    ----------
    queries : Table or StreamedTable
        EMBEDDINGS of the films.
    everyone : Table
        `movie_id` of each row of the index.
    index : Table or Parts
        `index.INDEX` of all films.
    settings : NeighbourSettings
        Settings of the search.

    Returns
    -------
    Table
        NEIGHBOURS of the films.
    """
    found, waiting = [NEIGHBOURS.empty_table()], []
    for part in parts_of(queries):
        waiting.append(part)
        if sum(map(len, waiting)) >= _QUERIES:
            found.append(_search(waiting, everyone, index, settings))
            waiting = []
    if sum(map(len, waiting)):
        found.append(_search(waiting, everyone, index, settings))
    return pa.concat_tables(found)


def _search(
    waiting: list[pa.Table],
    everyone: pa.Table,
    index: pa.Table | Parts,
    settings: NeighbourSettings,
) -> pa.Table:
    queries = pa.concat_tables(waiting).combine_chunks()
    # an update searches in one process: it may use every core
    return nearest_films(queries, everyone, index, settings, os.cpu_count() or 1)["neighbours"]
