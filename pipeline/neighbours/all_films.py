"""The nearest films of all films of an inverted file: those of some lists at a time.

Films are numbered in the order of the lists (their position). A piece has the films of one run of
lists and reads the whole index once, a list at a time, so that the time of reading and the memory
do not depend on how the films are distributed over partitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import pyarrow as pa

from pipeline.neighbours.coarse import ListFinder
from pipeline.neighbours.grouped_search import search_groups
from pipeline.neighbours.index import index_bytes
from pipeline.neighbours.ivf_stream import InvertedLists, fixed_bytes
from pipeline.neighbours.search import ids_at, probed_lists
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, parts_of
from pipeline.settings import NeighbourSettings

__all__ = ["NEAR", "OwnFilms", "name_films", "near_columns", "near_table", "search_lists"]


_BLOCK = 16_384  # films whose nearest lists are searched at a time


def NEAR(count: int) -> pa.Schema:  # noqa: N802 - a schema with a parameter, like those of schemas
    """Return the schema of near films, in the order of the lists.

    `near` has `count` positions (int32, -1 for none), `similarity` as many cosines (float32), best
    first.
    """
    return pa.schema([("near", pa.binary(4 * count)), ("similarity", pa.binary(4 * count))])


def near_table(near: np.ndarray, similarity: np.ndarray) -> pa.Table:
    """Return NEAR of positions (n_films, count) and cosines of the same shape."""
    schema = NEAR(near.shape[1])
    data = (near.astype(np.int32), similarity.astype(np.float32))
    columns = [
        pa.Array.from_buffers(field.type, len(near), [None, pa.py_buffer(values.tobytes())])
        for field, values in zip(schema, data, strict=True)
    ]
    return pa.table(columns, schema=schema)


def near_columns(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return positions (n_films, count) int32 and cosines (n_films, count) float32 of NEAR."""
    near, similarity = (fixed_bytes(table, name) for name in ("near", "similarity"))
    return near.view(np.int32), similarity.view(np.float32)


@dataclass(frozen=True)
class OwnFilms:
    """The films of a run of lists.

    Attributes
    ----------
    lists : InvertedLists
        The whole index.
    first : int
        Position of the first film.
    codes : ndarray of shape (n_films, code_size), uint8
        Codes: for 8-bit vectors a quarter of the memory of the vectors.
    numbers : ndarray of shape (n_films,), int64
        List of each film.
    """

    lists: InvertedLists
    first: int
    codes: np.ndarray
    numbers: np.ndarray

    @classmethod
    def read(cls, lists: InvertedLists, own: pa.Table | Parts, start: int, stop: int) -> OwnFilms:
        """Read the films of the lists from `start` to before `stop`; `own` is INDEX of these."""
        lengths, width = lists.lengths[start:stop], int(lists.trained.code_size)
        codes = np.empty((int(lengths.sum()), width), np.uint8)
        at = 0
        for _, rows, code in lists.read(index_bytes(own), start, stop):
            codes[at : at + len(rows)] = code.reshape(-1, width)
            at += len(rows)
        numbers = np.repeat(np.arange(start, stop), lengths)
        return cls(lists, int(lists.ends[start]), codes, numbers)

    def vectors(self, films: np.ndarray) -> np.ndarray:
        """Return the decoded vectors of some of the films, (n, dim) float32."""
        return self.lists.decode(self.codes[films].ravel(), self.numbers[films])


@stage("near-lists", inputs=("own", "index"), outputs=("near",), streamed=("own", "index"))
def search_lists(
    own: pa.Table | Parts,
    index: pa.Table | Parts,
    settings: NeighbourSettings,
    start: int,
    stop: int,
) -> dict[str, pa.Table]:
    """Search the nearest lists of each film of a run of lists.

    Parameters
    ----------
    own : Table or Parts
        `index.INDEX` of the lists from `start` to before `stop`.
    index : Table or Parts
        `index.INDEX` of the whole inverted file.
    settings : NeighbourSettings
        `count` near films are kept, of about `first_films` compared.
    start, stop : int
        Numbers of lists.

    Returns
    -------
    dict of str to Table
        "near": NEAR.

    Notes
    -----
    Queries are the decoded vectors of the films, so no other table is read. An 8-bit code differs
    from its vector by some 0.0006 in a cosine.
    """
    faiss.omp_set_num_threads(1)
    lists = InvertedLists(index_bytes(index))
    films = OwnFilms.read(lists, own, start, stop)
    total = int(lists.lengths.sum())
    probed = probed_lists(len(lists.lengths), total, settings.first_films)
    finder = ListFinder(lists.trained)
    blocks = np.array_split(np.arange(len(films.codes)), -(-len(films.codes) // _BLOCK) or 1)
    groups = np.concatenate([finder.nearest(films.vectors(block), probed) for block in blocks])
    count = max(1, min(settings.count, total - 1))
    similarity, near = search_groups(
        groups, films.vectors, _blocks(lists), len(lists.lengths), count + 1
    )
    near, similarity = without_self(near, similarity, films.first)
    return {"near": near_table(near, similarity)}


def _blocks(lists: InvertedLists) -> Iterator[tuple[int, np.ndarray, Any]]:
    ends = lists.ends
    for number, rows, codes in lists:
        positions = np.arange(ends[number], ends[number] + len(rows))
        yield number, positions, lambda n=number, c=codes: lists.vectors(n, c)


def without_self(
    near: np.ndarray, similarity: np.ndarray, first: int
) -> tuple[np.ndarray, np.ndarray]:
    """Drop each film from its own row, or the last column where it is not found.

    Parameters
    ----------
    near : ndarray of shape (n_films, count + 1), int64
        Positions, best first.
    similarity : ndarray of shape (n_films, count + 1), float32
        Cosines.
    first : int
        Position of the first film; the others follow.

    Returns
    -------
    near, similarity : ndarray of shape (n_films, count)
        The others, in the same order.
    """
    own = near == np.arange(first, first + len(near))[:, None]
    own[~own.any(axis=1), -1] = True
    shape = len(near), near.shape[1] - 1
    return near[~own].reshape(shape), similarity[~own].reshape(shape)


@stage(
    "near-named",
    inputs=("own", "near", "rows", "everyone"),
    outputs=("neighbours",),
    streamed=("rows", "everyone"),
)
def name_films(
    own: pa.Table, near: pa.Table, rows: pa.Table | Parts, everyone: pa.Table | Parts
) -> dict[str, pa.Table]:
    """Return the near films of a run of lists with their ids.

    Parameters
    ----------
    own : Table
        `ivf_stream.ROWS` of the films of the run.
    near : Table
        NEAR of the same films.
    rows : Table or Parts
        ROWS of all films, in the order of the lists.
    everyone : Table or Parts
        `movie_id` of each row of the index.

    Returns
    -------
    dict of str to Table
        "neighbours": NEIGHBOURS, by position and rank. Of equally similar films the one with the
        lower row number comes first.
    """
    positions, similarity = near_columns(near)
    found = _rows_at(rows, positions)
    order = np.lexsort((found, -similarity, found < 0), axis=1)
    found, similarity = (np.take_along_axis(a, order, axis=1) for a in (found, similarity))
    film, rank = np.nonzero(found >= 0)
    ids = ids_at(everyone, np.concatenate([own.column("row").to_numpy(), found[film, rank]]))
    columns = [
        ids[: len(own)].take(pa.array(film)),
        pa.array(rank + 1, pa.int16()),
        ids[len(own) :],
        pa.array(similarity[film, rank], pa.float32()),
    ]
    return {"neighbours": pa.table(columns, schema=NEIGHBOURS)}


def _rows_at(rows: pa.Table | Parts, positions: np.ndarray) -> np.ndarray:
    """Return the row number of each position, in the same shape; -1 stays."""
    distinct, inverse = np.unique(positions, return_inverse=True)
    found = np.full(len(distinct), -1)
    at = 0
    for part in parts_of(rows):
        start, stop = np.searchsorted(distinct, [at, at + len(part)])
        found[start:stop] = part.column("row").to_numpy()[distinct[start:stop] - at]
        at += len(part)
    return found[inverse.reshape(positions.shape)]
