"""Vectors to a FAISS index chosen by size, and the nearest films of each film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import inverted_file
from pipeline.durable import making_room_told
from pipeline.settings import NeighbourSettings
from pipeline.tables import NEIGHBOURS
from pipeline.vectors import Parts, matrix_of, parts_of

__all__ = [
    "INDEX",
    "INVERTED",
    "build_index",
    "code_films",
    "head_lists",
    "index_bytes",
    "index_kind",
    "lay_lists",
    "nearest_films",
    "recall_at",
    "searched_lists",
    "train_lists",
]

# A FAISS index in its own serialised form: its bytes in rows, so that it is read as a stream. Those
# of an inverted file are the pieces of `inverted_file`.
INDEX = pa.schema([("kind", pa.string()), ("index", pa.large_binary())])

# Inverted lists, and how they keep vectors: whole, or 8 bits a number.
INVERTED = {"ivf": "Flat", "ivf-sq8": "SQ8"}
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
    vectors (Johnson et al. 2017), trained on films at even distances in that order; `train_lists`
    begins to make them a few at a time. Of what comes in parts, the index and one part are in
    memory; of `flat` and `hnsw` one goes through a temporary file.

    Raises
    ------
    StoreError
        when there is no room for that file.
    """
    kind = index_kind(films, settings)
    if kind in INVERTED:
        return {"index": _laid_at_once(kind, embeddings, settings, films)}
    faiss.omp_set_num_threads(1)
    recipe = {"flat": "Flat", "hnsw": "HNSW32"}[kind]
    index: Any = None
    for part in parts_of(embeddings):
        vectors = matrix_of(part)
        if index is None:
            index = faiss.index_factory(vectors.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
        index.add(vectors)
        del vectors
    # in memory there would be two of them
    with making_room_told(Path(gettempdir())), TemporaryFile() as file:
        streams: Any = faiss
        faiss.write_index(index, streams.PyCallbackIOWriter(file.write))
        del index
        file.seek(0)
        return {"index": _table(kind, iter(lambda: file.read(_ROW_BYTES), b""))}


def train_lists(
    embeddings: pa.Table | Parts, settings: NeighbourSettings, films: int
) -> dict[str, pa.Table]:
    """An inverted file without films, trained on some of them: {"trained": INDEX}.

    The first of four steps that make the index of `build_index` while none of them holds it:
    `code_films` for some films at a time, `head_lists`, and `lay_lists` for a run of lists.
    """
    faiss.omp_set_num_threads(1)
    kind, count = index_kind(films, settings), embeddings.num_rows
    lists = max(1, min(count // _TRAINED_ON, round(2 * np.sqrt(count)), _LISTS), count // _LONGEST)
    step = max(1, count // (_TRAINED_ON * lists))
    # as it is where all films are needed: a table's own matrix takes no memory
    sample = matrix_of(embeddings) if step == 1 else _rows(embeddings, np.arange(0, count, step))
    recipe = f"IVF{lists},{INVERTED[kind]}"
    index: Any = faiss.index_factory(sample.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
    index.train(sample)
    return {"trained": _table(kind, [faiss.serialize_index(index).tobytes()])}


def code_films(
    embeddings: pa.Table | Parts, trained: pa.Table, films: int, first: int
) -> dict[str, pa.Table]:
    """Films of some partitions as the lists will keep them: see `inverted_file.code_films`.

    Parameters
    ----------
    films : of all partitions. first : the row of the first film of these.
    """
    faiss.omp_set_num_threads(1)
    index = _open(index_bytes(trained))
    return inverted_file.code_films(embeddings, index, first, inverted_file.runs_of(index, films))


def head_lists(trained: pa.Table, lengths: pa.Table) -> dict[str, pa.Table]:
    """What comes before the lists: {"index": INDEX}, of `inverted_file.LENGTHS` of all films."""
    index = _open(index_bytes(trained))
    total = lengths.column("films").to_numpy().reshape(-1, index.nlist).sum(axis=0)
    return {"index": _table(trained["kind"][0].as_py(), inverted_file.head(index, total))}


def lay_lists(codes: pa.Table | Parts, kind: str) -> dict[str, pa.Table]:
    """A run of lists: {"index": INDEX}, of the `inverted_file.CODES` of all their films."""
    return {"index": _table(kind, inverted_file.lay_lists(codes))}


def _laid_at_once(
    kind: str, embeddings: pa.Table | Parts, settings: NeighbourSettings, films: int
) -> pa.Table:
    trained = train_lists(embeddings, settings, films)["trained"]
    coded = code_films(embeddings, trained, films, 0)
    made = [head_lists(trained, coded.pop("lengths"))]
    made += [lay_lists(coded.pop(name), kind) for name in sorted(coded)]
    return pa.concat_tables([table["index"] for table in made])


def _table(kind: str, rows: Iterable[bytes | bytearray]) -> pa.Table:
    column = pa.chunked_array([_row(data) for data in rows], pa.large_binary())
    return pa.table([pa.array([kind] * len(column), pa.string()), column], schema=INDEX)


def _row(data: bytes | bytearray) -> pa.Array:
    """An array of one value over the bytes' own memory, which is where the index was.

    Arrow's allocator would take as much again beside what the C library keeps of the index.
    """
    ends = pa.py_buffer(np.array([0, len(data)]))
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(data)])


def index_bytes(index: pa.Table | Parts) -> Iterator[memoryview]:
    """The bytes of an index as FAISS's own file, a few MiB at a time; views of the table's own."""
    return _views(parts_of(index))


def _views(parts: Iterable[pa.Table]) -> Iterator[memoryview]:
    for part in parts:
        for chunk in part.column("index").chunks:
            if not len(chunk):
                continue
            _, ends, data = chunk.buffers()  # a value taken from the column would be a copy
            at = np.frombuffer(ends, np.int64)[chunk.offset :][: len(chunk) + 1].tolist()
            for start, stop in pairwise(at):
                yield memoryview(data)[start:stop]


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
    similarity, rows = _search(index, matrix_of(embeddings), count + 1, settings)
    mine = _places(own, ids)
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
    _, rows = _search(index, chosen, count, settings)
    named, place = np.unique(rows, return_inverse=True)
    # by similarity, not by row: films with identical texts are interchangeable; and by the true
    # one, since that of an 8-bit index is only near it
    near = _rows(embeddings, np.maximum(named, 0))[place.reshape(rows.shape)]
    found = np.einsum("qd,qnd->qn", chosen, near)
    hit = (found >= last[:, None] - 1e-5) & (rows >= 0)
    return {"recall": pa.table([[float(hit.mean())]], names=["recall"])}


def _places(own: pa.Array, ids: pa.Array) -> np.ndarray:
    """In which row each film stands, (own,); -1 for none. Hashes the few ids, not the many."""
    which = pc.index_in(ids, value_set=own).fill_null(-1).to_numpy(zero_copy_only=False)
    places = np.full(len(own), -1)
    rows = np.flatnonzero(which >= 0)
    places[which[rows]] = rows
    return places


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


def _open(pieces: Iterator[memoryview]) -> Any:
    streams: Any = faiss
    return faiss.read_index(streams.PyCallbackIOReader(_Stream(pieces).read))


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
    pieces = _views(chain([first], parts))
    if first["kind"][0].as_py() in INVERTED:
        return _search_lists(inverted_file.Lists(pieces), vectors, count, settings)
    whole = _open(pieces)
    if isinstance(whole, faiss.IndexHNSW):
        whole.hnsw.efSearch = 128
    similarity, rows = whole.search(vectors, count)
    return similarity, rows


def _search_lists(
    lists: inverted_file.Lists, vectors: np.ndarray, count: int, settings: NeighbourSettings
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
