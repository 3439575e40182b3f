"""Search for the nearest films of each film, and the recall of the index."""

from __future__ import annotations

from itertools import chain

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.neighbours.index import IVF_CODECS, index_bytes, open_index
from pipeline.neighbours.ivf_stream import InvertedLists
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of, vectors_at
from pipeline.settings import NeighbourSettings

__all__ = ["nearest_films", "probed_lists", "recall_at_10"]

_RECALL_COUNT = 10
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

    Returns
    -------
    dict of str to Table
        "neighbours": NEIGHBOURS, in the order of `embeddings`, then by rank.
    """
    own = embeddings.column("movie_id").combine_chunks()
    count = min(settings.count, everyone.num_rows - 1)
    if count < 1 or not len(own):
        return {"neighbours": NEIGHBOURS.empty_table()}
    similarity, rows = _search(index, matrix_of(embeddings), count + 1, settings)
    own_rows = _rows_of(own, everyone)
    # sort the film itself last, whatever its rank among identical texts, and drop it
    order = np.lexsort((rows, -similarity, rows == own_rows[:, None], rows < 0), axis=1)[:, :count]
    rows = np.take_along_axis(rows, order, axis=1)
    similarity = np.take_along_axis(similarity, order, axis=1)
    found = (rows >= 0) & (rows != own_rows[:, None])
    film, rank = np.nonzero(found)
    columns = [
        own.take(pa.array(film)),
        pa.array(rank + 1, pa.int16()),
        _ids_at(everyone, rows[found]),
        pa.array(similarity[found], pa.float32()),
    ]
    return {"neighbours": pa.table(columns, schema=NEIGHBOURS)}


@stage(
    "recall",
    version=3,
    inputs=("embeddings", "index"),
    outputs=("recall",),
    streamed=("embeddings", "index"),
)
def recall_at_10(
    embeddings: pa.Table | Parts,
    index: pa.Table | Parts,
    settings: NeighbourSettings,
    seed: int,
) -> dict[str, pa.Table]:
    """Measure the share of the true 10 nearest films that the index finds.

    Parameters
    ----------
    embeddings : Table or Parts
        EMBEDDINGS of all films, in the order of the rows of the index.
    index : Table or Parts
        `index.INDEX`.
    settings : NeighbourSettings
        `recall_queries` is the number of films in the sample.
    seed : int
        Seed of the sample.

    Returns
    -------
    dict of str to Table
        "recall": one row, one column `recall`, 0 to 1.
    """
    faiss.omp_set_num_threads(1)
    count = min(_RECALL_COUNT, embeddings.num_rows)
    random = np.random.default_rng(seed)
    queries = vectors_at(
        embeddings, random.permutation(embeddings.num_rows)[: settings.recall_queries]
    )
    last = _last_true_similarity(embeddings, queries, count)
    _, rows = _search(index, queries, count, settings)
    distinct, inverse = np.unique(rows, return_inverse=True)
    # A film counts as found by its similarity, not by its row: films with identical texts are
    # interchangeable. The similarity is the true one, since an 8-bit index only approximates it.
    near = vectors_at(embeddings, np.maximum(distinct, 0))[inverse.reshape(rows.shape)]
    similarity = np.einsum("qd,qnd->qn", queries, near)
    found = (similarity >= last[:, None] - 1e-5) & (rows >= 0)
    return {"recall": pa.table([[float(found.mean())]], names=["recall"])}


def _rows_of(own: pa.Array, everyone: pa.Table | Parts) -> np.ndarray:
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


def _ids_at(everyone: pa.Table | Parts, rows: np.ndarray) -> pa.Array:
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


def _last_true_similarity(
    embeddings: pa.Table | Parts, queries: np.ndarray, count: int
) -> np.ndarray:
    """Return the similarity of the last of the true `count` nearest films, (n_queries,) float32."""
    best = np.full((len(queries), count), -np.inf, np.float32)
    for part in parts_of(embeddings):
        exact = faiss.IndexFlatIP(queries.shape[1])
        exact.add(matrix_of(part))
        if exact.ntotal:
            own, _ = exact.search(queries, min(count, exact.ntotal))
            best = -np.sort(-np.hstack([best, own]), axis=1)[:, :count]
    return best[:, -1]


def probed_lists(lists: int, films: int, settings: NeighbourSettings) -> int:
    """Return the number of lists of an inverted file that a query searches.

    Together they contain about `settings.searched_films` films, so that a query is compared with
    the same number of films at any size of the catalogue.

    Parameters
    ----------
    lists : int
        Number of lists of the index.
    films : int
        Number of films in the index.
    settings : NeighbourSettings
        `searched_films`.

    Returns
    -------
    int
        1 to `lists`.

    Examples
    --------
    >>> probed_lists(lists=1_000, films=1_000_000, settings=NeighbourSettings(searched_films=8_000))
    8
    """
    return min(lists, max(1, round(settings.searched_films * lists / max(1, films))))


def _search(
    index: pa.Table | Parts, vectors: np.ndarray, count: int, settings: NeighbourSettings
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
        return _search_lists(InvertedLists(pieces), vectors, count, settings)
    whole = open_index(pieces)
    if isinstance(whole, faiss.IndexHNSW):
        whole.hnsw.efSearch = _EF_SEARCH
    similarity, rows = whole.search(vectors, count)
    return similarity, rows


def _search_lists(
    lists: InvertedLists, vectors: np.ndarray, count: int, settings: NeighbourSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Search an inverted file list by list, instead of query by query.

    The result is that of FAISS's own search. All queries that search a list are compared with its
    vectors in one matrix product. `big_batch_search` of faiss.contrib does the same, but gives
    wrong inner products for lists that store residuals.
    """
    list_count = len(lists.lengths)
    probed = probed_lists(list_count, int(lists.lengths.sum()), settings)
    _, query_lists = lists.trained.quantizer.search(vectors, probed)
    order = np.argsort(query_lists, axis=None, kind="stable")
    ends = np.searchsorted(query_lists.ravel()[order], np.arange(list_count + 1))
    best = faiss.ResultHeap(len(vectors), count, keep_max=True)
    for number, rows, codes in lists:
        queries = order[ends[number] : ends[number + 1]] // probed
        if not len(queries):
            continue
        own = lists.vectors(number, codes)
        cosine, near = faiss.knn(
            vectors[queries], own, min(count, len(rows)), faiss.METRIC_INNER_PRODUCT
        )
        best.add_result_subset(queries, cosine, rows[near])
    best.finalize()
    return best.D, best.I
