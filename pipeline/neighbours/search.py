"""Search for the nearest films of some films."""

from __future__ import annotations

from itertools import chain

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.neighbours.coarse import ListFinder
from pipeline.neighbours.grouped_search import search_groups
from pipeline.neighbours.index import IVF_CODECS, index_bytes, open_index
from pipeline.neighbours.ivf_stream import InvertedLists
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of
from pipeline.settings import NeighbourSettings

__all__ = ["ids_at", "nearest_films", "probed_lists", "rows_of", "search"]

_EF_SEARCH = 128  # candidates of HNSW


@stage(
    "neighbours",
    version=3,
    inputs=("embeddings", "everyone", "index"),
    outputs=("neighbours",),
    streamed=("everyone", "index"),
)
def nearest_films(
    embeddings: pa.Table,
    everyone: pa.Table | Parts,
    index: pa.Table | Parts,
    settings: NeighbourSettings,
    threads: int = 1,
) -> dict[str, pa.Table]:
    """Return the nearest films of each film of one partition.

    A film is not its own neighbour. Of equally similar films the one with the lower row number
    comes first. Neither `everyone` nor an inverted file is in memory as a whole.

    Parameters
    ----------
    embeddings : Table
        EMBEDDINGS of the films of the partition.
    everyone : Table or Parts
        `movie_id` of each row of the index.
    index : Table or Parts
        `index.INDEX`.
    settings : NeighbourSettings
        `count` neighbours are returned for each film, fewer if there are fewer films.
    threads : int
        Lists of an inverted file that are searched at a time. The result is the same.

    Returns
    -------
    dict of str to Table
        "neighbours": NEIGHBOURS, in the order of `embeddings`, then by rank.
    """
    own = embeddings.column("movie_id").combine_chunks()
    count = min(settings.count, everyone.num_rows - 1)
    if count < 1 or not len(own):
        return {"neighbours": NEIGHBOURS.empty_table()}
    similarity, rows = search(index, matrix_of(embeddings), count + 1, settings, threads)
    own_rows = rows_of(own, everyone)
    # sort the film itself last, whatever its rank among identical texts, and drop it
    order = np.lexsort((rows, -similarity, rows == own_rows[:, None], rows < 0), axis=1)[:, :count]
    rows = np.take_along_axis(rows, order, axis=1)
    similarity = np.take_along_axis(similarity, order, axis=1)
    found = (rows >= 0) & (rows != own_rows[:, None])
    film, rank = np.nonzero(found)
    columns = [
        own.take(pa.array(film)),
        pa.array(rank + 1, pa.int16()),
        ids_at(everyone, rows[found]),
        pa.array(similarity[found], pa.float32()),
    ]
    return {"neighbours": pa.table(columns, schema=NEIGHBOURS)}


def rows_of(own: pa.Array, everyone: pa.Table | Parts) -> np.ndarray:
    """Return the row number of each film in `everyone`, (len(own),) int64; -1 if it has none.

    The few ids are hashed, not the many.
    """
    own_rows = np.full(len(own), -1)
    start = 0
    for part in parts_of(everyone):
        which = pc.index_in(part.column("movie_id"), value_set=own)
        numbers = which.fill_null(-1).to_numpy()
        rows = np.flatnonzero(numbers >= 0)
        own_rows[numbers[rows]] = rows + start
        start += part.num_rows
    return own_rows


def ids_at(everyone: pa.Table | Parts, rows: np.ndarray) -> pa.Array:
    """Return the `movie_id` of rows of `everyone`, in the order of `rows`."""
    distinct, inverse = np.unique(rows, return_inverse=True)
    found = [pa.array([], pa.string())]
    first = 0
    for part in parts_of(everyone):
        ids = part.column("movie_id").combine_chunks()
        start, stop = np.searchsorted(distinct, [first, first + len(ids)])
        found.append(ids.take(pa.array(distinct[start:stop] - first)))
        first += len(ids)
    return pa.concat_arrays(found).take(pa.array(inverse))


def probed_lists(lists: int, films: int, searched: int) -> int:
    """Return the number of lists of an inverted file that a query searches.

    Together they contain about `searched` films, so that a query is compared with the same number
    of films at any size of the catalogue.

    Parameters
    ----------
    lists : int
        Number of lists of the index.
    films : int
        Number of films in the index.
    searched : int
        Number of films to compare with.

    Returns
    -------
    int
        1 to `lists`.

    Examples
    --------
    >>> probed_lists(lists=1_000, films=1_000_000, searched=8_000)
    8
    """
    return min(lists, max(1, round(searched * lists / max(1, films))))


def search(
    index: pa.Table | Parts,
    vectors: np.ndarray,
    count: int,
    settings: NeighbourSettings,
    threads: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Search the index for the nearest films of each query.

    Returns
    -------
    similarity : ndarray of shape (n_queries, count), float32
        Cosines, best first.
    rows : ndarray of shape (n_queries, count), int64
        Row numbers; -1 if fewer films are found.
    """
    faiss.omp_set_num_threads(1)
    parts = iter(parts_of(index))
    first = next(parts)
    pieces = index_bytes(chain([first], parts))
    if first["kind"][0].as_py() in IVF_CODECS:
        return _search_lists(InvertedLists(pieces), vectors, count, settings, threads)
    whole = open_index(pieces)
    if isinstance(whole, faiss.IndexHNSW):
        whole.hnsw.efSearch = _EF_SEARCH
    similarity, rows = whole.search(vectors, count)
    return similarity, rows


def _search_lists(
    lists: InvertedLists,
    vectors: np.ndarray,
    count: int,
    settings: NeighbourSettings,
    threads: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Search an inverted file list by list, instead of query by query.

    The result is that of FAISS's own search in the same lists. All queries that search a list are
    compared with its vectors in one matrix product. `big_batch_search` of faiss.contrib does the
    same, but gives wrong inner products for lists that store residuals.
    """
    list_count = len(lists.lengths)
    probed = probed_lists(list_count, int(lists.lengths.sum()), settings.searched_films)
    blocks = (
        (number, rows, lambda n=number, c=codes: lists.vectors(n, c))
        for number, rows, codes in lists
    )
    nearest = ListFinder(lists.trained).nearest(vectors, probed)
    return search_groups(nearest, vectors.__getitem__, blocks, list_count, count, threads)
