"""The nearest films of each film, looked for in an index of all, and how exact that is."""

from __future__ import annotations

from itertools import chain

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.neighbours import ivf_stream
from pipeline.neighbours.index import INVERTED, index_bytes, open_index
from pipeline.schemas.mining import NEIGHBOURS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of, vectors_at
from pipeline.settings import NeighbourSettings

__all__ = ["nearest_films", "recall_at", "searched_lists"]


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
    """The nearest films of each film of one partition: {"neighbours": NEIGHBOURS}.

    `everyone` holds the movie_id of each row of the index; neither it nor an inverted file is held
    whole. A film is not its own neighbour; of equally near films the one whose row comes first
    stands first.
    """
    own = embeddings.column("movie_id").combine_chunks()
    count = min(settings.count, everyone.num_rows - 1)
    if count < 1 or not len(own):
        return {"neighbours": NEIGHBOURS.empty_table()}
    similarity, rows = _search(index, matrix_of(embeddings), count + 1, settings)
    mine = _places(own, everyone)
    # the own row goes last, whatever its rank among identical texts, and is cut off
    order = np.lexsort((rows, -similarity, rows == mine[:, None], rows < 0), axis=1)[:, :count]
    rows = np.take_along_axis(rows, order, axis=1)
    similarity = np.take_along_axis(similarity, order, axis=1)
    found = (rows >= 0) & (rows != mine[:, None])
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
def recall_at(
    embeddings: pa.Table | Parts,
    index: pa.Table | Parts,
    settings: NeighbourSettings,
    seed: int,
    count: int = 10,
) -> dict[str, pa.Table]:
    """Share of the true `count` nearest films that the index finds, over sampled films.

    Returns
    -------
    {"recall": one row, column `recall`, 0 to 1}
    """
    faiss.omp_set_num_threads(1)
    count = min(count, embeddings.num_rows)
    dice = np.random.default_rng(seed)
    chosen = vectors_at(
        embeddings, dice.permutation(embeddings.num_rows)[: settings.recall_queries]
    )
    last = _last_of_nearest(embeddings, chosen, count)
    _, rows = _search(index, chosen, count, settings)
    named, place = np.unique(rows, return_inverse=True)
    # by similarity, not by row: films with identical texts are interchangeable; and by the true
    # one, since that of an 8-bit index is only near it
    near = vectors_at(embeddings, np.maximum(named, 0))[place.reshape(rows.shape)]
    found = np.einsum("qd,qnd->qn", chosen, near)
    hit = (found >= last[:, None] - 1e-5) & (rows >= 0)
    return {"recall": pa.table([[float(hit.mean())]], names=["recall"])}


def _places(own: pa.Array, everyone: pa.Table | Parts) -> np.ndarray:
    """In which row each film stands, (own,); -1 for none. Hashes the few ids, not the many."""
    places = np.full(len(own), -1)
    at = 0
    for part in parts_of(everyone):
        which = pc.index_in(part.column("movie_id"), value_set=own)
        numbers = which.fill_null(-1).to_numpy()
        rows = np.flatnonzero(numbers >= 0)
        places[numbers[rows]] = rows + at
        at += part.num_rows
    return places


def _ids_at(everyone: pa.Table | Parts, wanted: np.ndarray) -> pa.Array:
    """The movie_id of some rows, in the order asked for."""
    named, place = np.unique(wanted, return_inverse=True)
    found = [pa.array([], pa.string())]
    at = 0
    for part in parts_of(everyone):
        ids = part.column("movie_id").combine_chunks()
        start, stop = np.searchsorted(named, [at, at + len(ids)])
        found.append(ids.take(pa.array(named[start:stop] - at)))
        at += len(ids)
    return pa.concat_arrays(found).take(pa.array(place))


def _last_of_nearest(embeddings: pa.Table | Parts, chosen: np.ndarray, count: int) -> np.ndarray:
    """The similarity of the last of the truly nearest `count` films of each query, (queries,)."""
    best = np.full((len(chosen), count), -np.inf, np.float32)
    for part in parts_of(embeddings):
        exact = faiss.IndexFlatIP(chosen.shape[1])
        exact.add(matrix_of(part))
        if exact.ntotal:
            own, _ = exact.search(chosen, min(count, exact.ntotal))
            best = -np.sort(-np.hstack([best, own]), axis=1)[:, :count]
    return best[:, -1]


def searched_lists(lists: int, films: int, settings: NeighbourSettings) -> int:
    """How many lists of an inverted file a query looks into: as hold `searched_films` or so.

    A query then meets as many films at any size, and time grows with the queries.
    """
    return min(lists, max(1, round(settings.searched_films * lists / max(1, films))))


def _search(
    index: pa.Table | Parts, vectors: np.ndarray, count: int, settings: NeighbourSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and row numbers of the nearest, best first, (queries, count); -1 for none."""
    faiss.omp_set_num_threads(1)
    parts = iter(parts_of(index))
    first = next(parts)
    pieces = index_bytes(chain([first], parts))
    if first["kind"][0].as_py() in INVERTED:
        return _search_lists(ivf_stream.Lists(pieces), vectors, count, settings)
    whole = open_index(pieces)
    if isinstance(whole, faiss.IndexHNSW):
        whole.hnsw.efSearch = 128
    similarity, rows = whole.search(vectors, count)
    return similarity, rows


def _search_lists(
    lists: ivf_stream.Lists, vectors: np.ndarray, count: int, settings: NeighbourSettings
) -> tuple[np.ndarray, np.ndarray]:
    """What an inverted file's own search finds, a list at a time instead of a query at a time.

    All queries that look into a list meet its vectors in one matrix product. FAISS's contributed
    `big_batch_search` does the same; with inner products it misreads lists that keep residuals.
    """
    all_lists = len(lists.lengths)
    probed = searched_lists(all_lists, int(lists.lengths.sum()), settings)
    _, looked = lists.trained.quantizer.search(vectors, probed)
    order = np.argsort(looked, axis=None, kind="stable")
    ends = np.searchsorted(looked.ravel()[order], np.arange(all_lists + 1))
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
