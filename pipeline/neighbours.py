"""Vectors to a FAISS index chosen by size, and the nearest films of each film."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from faiss.contrib.inspect_tools import get_invlist

from pipeline.durable import making_room_told
from pipeline.settings import NeighbourSettings
from pipeline.tables import NEIGHBOURS
from pipeline.vectors import Parts, matrix_of, parts_of

__all__ = [
    "INDEX",
    "build_index",
    "index_bytes",
    "index_kind",
    "nearest_films",
    "recall_at",
    "searched_lists",
]

# A FAISS index in its own serialised form: its bytes in rows, so that it is read as a stream.
INDEX = pa.schema([("kind", pa.string()), ("index", pa.large_binary())])

_MET = 12_288  # films that a query meets in an inverted file: time then grows with the queries
_TRAINED_ON = 39  # films for each inverted list: the fewest that FAISS does not warn of
# Films meet all centres of lists, which are therefore no more than so many until lists are long.
_LISTS, _LONGEST = 1_000, 1_000
_ROW_BYTES = 2**24


def index_kind(films: int, settings: NeighbourSettings) -> str:
    """`flat`, `hnsw`, `ivf` or `ivf-sq8`: exact search where it is cheap, smaller ones beyond."""
    if settings.index != "auto":
        return settings.index
    if films <= settings.flat_up_to:
        return "flat"
    return "ivf" if films <= settings.ivf_up_to else "ivf-sq8"


def build_index(
    embeddings: pa.Table | Parts, settings: NeighbourSettings, films: int
) -> dict[str, pa.Table]:
    """An inner-product index over all films, in the order given: {"index": INDEX}.

    `hnsw` is Malkov and Yashunin 2018; `ivf` and `ivf-sq8` are inverted lists with full and 8-bit
    vectors (Johnson et al. 2017), trained on films at even distances in that order. Of what comes
    in parts, the index and one part are in memory; it goes through a temporary file.

    Raises
    ------
    StoreError
        when there is no room for that file.
    """
    faiss.omp_set_num_threads(1)
    kind, count = index_kind(films, settings), embeddings.num_rows
    lists = max(1, min(count // _TRAINED_ON, round(2 * np.sqrt(count)), _LISTS), count // _LONGEST)
    recipe = {
        "flat": "Flat",
        "hnsw": "HNSW32",
        "ivf": f"IVF{lists},Flat",
        "ivf-sq8": f"IVF{lists},SQ8",
    }[kind]
    wanted = _TRAINED_ON * lists if kind.startswith("ivf") else 1
    step = max(1, count // wanted)
    # as it is where all films are needed: a table's own matrix takes no memory
    sample = matrix_of(embeddings) if step == 1 else _rows(embeddings, np.arange(0, count, step))
    index: Any = faiss.index_factory(sample.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        index.train(sample)
    del sample
    if isinstance(index, faiss.IndexIVF):
        _fill(index, embeddings)
    else:
        for part in parts_of(embeddings):
            index.add(matrix_of(part))
    # in memory there would be two of them
    with making_room_told(Path(gettempdir())), TemporaryFile() as file:
        streams: Any = faiss
        faiss.write_index(index, streams.PyCallbackIOWriter(file.write))
        del index
        file.seek(0)
        rows = [_row(data) for data in iter(lambda: file.read(_ROW_BYTES), b"")]
    column = pa.chunked_array(rows, pa.large_binary())
    return {"index": pa.table([pa.array([kind] * len(column)), column], schema=INDEX)}


def _row(data: bytes) -> pa.Array:
    """An array of one value over the bytes' own memory, which is where the index was.

    Arrow's allocator would take as much again beside what the C library keeps of the index.
    """
    ends = pa.py_buffer(np.array([0, len(data)]))
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(data)])


def _fill(index: Any, embeddings: pa.Table | Parts) -> None:
    """Add all films to lists that are given their length first: growing ones take twice as much."""
    lists = [index.quantizer.assign(matrix_of(part), 1)[:, 0] for part in parts_of(embeddings)]
    lengths = np.bincount(np.concatenate(lists), minlength=index.nlist)
    for number, length in enumerate(lengths.tolist()):
        for size in (length, 0):  # the room stays
            index.invlists.resize(number, size)
    for part, own in zip(parts_of(embeddings), lists, strict=True):
        vectors = matrix_of(part)
        index.add_core(len(vectors), faiss.swig_ptr(vectors), None, faiss.swig_ptr(own))


def index_bytes(index: pa.Table | Parts) -> Iterator[memoryview]:
    """The bytes of an index as FAISS's own file, a few MiB at a time; views of the table's own."""
    for part in parts_of(index):
        for row in part.column("index"):
            yield memoryview(row.as_buffer())


def nearest_films(
    embeddings: pa.Table, everyone: pa.Table, index: pa.Table | Parts, settings: NeighbourSettings
) -> dict[str, pa.Table]:
    """The nearest films of each film of one partition: {"neighbours": NEIGHBOURS}.

    `everyone` holds the movie_id of each row of the index. A film is not its own neighbour; of
    equally near films the one whose row comes first stands first.
    """
    ids, own = (table.column("movie_id").combine_chunks() for table in (everyone, embeddings))
    count = min(settings.count, len(ids) - 1)
    if count < 1 or not len(own):
        return {"neighbours": NEIGHBOURS.empty_table()}
    similarity, rows = _search(_open(index), matrix_of(embeddings), count + 1)
    mine = pc.index_in(own, value_set=ids).to_numpy(zero_copy_only=False)
    # the own row goes last, whatever its rank among identical texts, and is cut off
    order = np.lexsort((rows, -similarity, rows == mine[:, None], rows < 0), axis=1)[:, :count]
    rows = np.take_along_axis(rows, order, axis=1)
    similarity = np.take_along_axis(similarity, order, axis=1)
    found = (rows >= 0) & (rows != mine[:, None])
    film, rank = np.nonzero(found)
    columns = [
        own.take(pa.array(film)),
        pa.array(rank + 1, pa.int16()),
        ids.take(pa.array(rows[found])),
        pa.array(similarity[found], pa.float32()),
    ]
    return {"neighbours": pa.table(columns, schema=NEIGHBOURS)}


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
    chosen = _rows(embeddings, dice.permutation(embeddings.num_rows)[: settings.recall_queries])
    last = _last_of_nearest(embeddings, chosen, count)
    _, rows = _search(_open(index), chosen, count)
    named, place = np.unique(rows, return_inverse=True)
    # by similarity, not by row: films with identical texts are interchangeable; and by the true
    # one, since that of an 8-bit index is only near it
    near = _rows(embeddings, np.maximum(named, 0))[place.reshape(rows.shape)]
    found = np.einsum("qd,qnd->qn", chosen, near)
    hit = (found >= last[:, None] - 1e-5) & (rows >= 0)
    return {"recall": pa.table([[float(hit.mean())]], names=["recall"])}


def _rows(embeddings: pa.Table | Parts, wanted: np.ndarray) -> np.ndarray:
    """The vectors of some rows, (len(wanted), dim), in the order asked for."""
    found: np.ndarray | None = None
    at = 0
    for part in parts_of(embeddings):
        vectors = matrix_of(part)
        if found is None:
            found = np.zeros((len(wanted), vectors.shape[1]), np.float32)
        here = (wanted >= at) & (wanted < at + len(vectors))
        found[here] = vectors[wanted[here] - at]
        at += len(vectors)
    assert found is not None, "a table has a part, though it may have no rows"
    return found


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


class _Stream:
    """Bytes that come in pieces, as FAISS asks for them."""

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._pieces, memoryview(b""))
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


def _open(index: pa.Table | Parts) -> faiss.Index:
    streams: Any = faiss
    opened: faiss.Index = faiss.read_index(
        streams.PyCallbackIOReader(_Stream(index_bytes(index)).read)
    )
    return opened


def searched_lists(index: Any) -> int:
    """How many lists of an inverted file a query looks into: as hold about so many films."""
    lists, films = int(index.nlist), int(index.ntotal)
    return min(lists, max(1, round(_MET * lists / max(1, films))))


def _search(index: Any, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and row numbers of the nearest, best first, (queries, count); -1 for none."""
    faiss.omp_set_num_threads(1)
    if isinstance(index, faiss.IndexIVF):
        return _search_lists(index, vectors, count)
    if isinstance(index, faiss.IndexHNSW):
        index.hnsw.efSearch = 128
    similarity, rows = index.search(vectors, count)
    return similarity, rows


def _search_lists(index: Any, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """What an inverted file's own search finds, a list at a time instead of a query at a time.

    All queries that look into a list meet its vectors in one matrix product. FAISS's contributed
    `big_batch_search` does the same; with inner products it misreads lists that keep residuals.
    """
    probed = searched_lists(index)
    _, lists = index.quantizer.search(vectors, probed)
    order = np.argsort(lists, axis=None, kind="stable")
    ends = np.searchsorted(lists.ravel()[order], np.arange(index.nlist + 1))
    best = faiss.ResultHeap(len(vectors), count, keep_max=True)
    for number in np.flatnonzero(np.diff(ends)):
        queries = order[ends[number] : ends[number + 1]] // probed
        rows, codes = get_invlist(index.invlists, int(number))  # type: ignore[no-untyped-call]
        if not len(rows):
            continue
        own = np.empty((len(rows), index.d), np.float32)
        numbers = np.full(len(rows), number)
        index.decode_vectors(len(rows), *map(faiss.swig_ptr, (codes, numbers)), faiss.swig_ptr(own))
        cosine, near = faiss.knn(
            vectors[queries], own, min(count, len(rows)), faiss.METRIC_INNER_PRODUCT
        )
        best.add_result_subset(queries, cosine, rows[near])
    best.finalize()
    return best.D, best.I
