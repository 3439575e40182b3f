"""Vectors to a FAISS index chosen by size, in rows that are made, kept and read a few at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import Any

import faiss
import numpy as np
import pyarrow as pa

from pipeline.fileio.atomic import making_room_told
from pipeline.neighbours import ivf_stream
from pipeline.observability.memory import give_back
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of, vectors_at
from pipeline.settings import NeighbourSettings

__all__ = [
    "INDEX",
    "INVERTED",
    "build_index",
    "code_films",
    "head_lists",
    "index_bytes",
    "index_kind",
    "lay_lists",
    "open_index",
    "train_lists",
]

# A FAISS index in its own serialised form: its bytes in rows, so that it is read as a stream. Those
# of an inverted file are the pieces of `inverted_file`.
INDEX = pa.schema([("kind", pa.string()), ("index", pa.large_binary())])

# Inverted lists, and how they keep vectors: whole, or 8 bits a number.
INVERTED = {"ivf": "Flat", "ivf-sq8": "SQ8"}
_TRAINED_ON = 39  # films for each inverted list: the fewest that FAISS does not warn of
# Films meet all centres of lists, which are therefore no more than so many, and from the square of
# that on as many as a list has films: work grows as films^1.5 then.
_LISTS = 1_000
_MOST_TRAINED_ON = 100_000  # films for all lists, which whoever trains holds as a matrix
_ROW_BYTES = 2**24


def index_kind(films: int, settings: NeighbourSettings) -> str:
    """`flat`, `hnsw`, `ivf` or `ivf-sq8`: exact search where it is cheap, smaller ones beyond."""
    if settings.index != "auto":
        return settings.index
    if films <= settings.flat_up_to:
        return "flat"
    return "ivf" if films <= settings.ivf_up_to else "ivf-sq8"


@stage("index", version=4, inputs=("embeddings",), outputs=("index",), streamed=("embeddings",))
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


@stage("index-lists", inputs=("embeddings",), outputs=("trained",), streamed=("embeddings",))
def train_lists(
    embeddings: pa.Table | Parts, settings: NeighbourSettings, films: int
) -> dict[str, pa.Table]:
    """An inverted file without films, trained on some of them: {"trained": INDEX}.

    The first of four steps that make the index of `build_index` while none of them holds it:
    `code_films` for some films at a time, `head_lists`, and `lay_lists` for a run of lists.
    """
    faiss.omp_set_num_threads(1)
    kind, count = index_kind(films, settings), embeddings.num_rows
    lists = _lists_of(count)
    step = max(1, count // min(_TRAINED_ON * lists, _MOST_TRAINED_ON))
    # as it is where all films are needed: a table's own matrix takes no memory
    sample = (
        matrix_of(embeddings) if step == 1 else vectors_at(embeddings, np.arange(0, count, step))
    )
    recipe = f"IVF{lists},{INVERTED[kind]}"
    index: Any = faiss.index_factory(sample.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = min(_TRAINED_ON, len(sample) // lists)
    index.train(sample)
    return {"trained": _table(kind, [faiss.serialize_index(index).tobytes()])}


def _lists_of(films: int) -> int:
    """How many inverted lists: at least 39 films each, films^0.5 of many millions."""
    few = min(films // _TRAINED_ON, round(2 * math.sqrt(films)), _LISTS)
    many = math.isqrt(films) if films > _LISTS**2 else 0
    return max(1, few, many)


@stage(
    "index-codes",
    inputs=("embeddings", "trained"),
    outputs=("lengths", "*"),
    streamed=("embeddings",),
)
def code_films(
    embeddings: pa.Table | Parts, trained: pa.Table, films: int, first: int
) -> dict[str, pa.Table]:
    """Films of some partitions as the lists will keep them: see `ivf_stream.code_films`.

    Parameters
    ----------
    films : of all partitions. first : the row of the first film of these.
    """
    faiss.omp_set_num_threads(1)
    index = open_index(index_bytes(trained))
    return ivf_stream.code_films(embeddings, index, first, ivf_stream.runs_of(index, films))


@stage("index-head", inputs=("trained", "lengths"), outputs=("index",))
def head_lists(trained: pa.Table, lengths: pa.Table) -> dict[str, pa.Table]:
    """What comes before the lists: {"index": INDEX}, of `ivf_stream.LENGTHS` of all films."""
    index = open_index(index_bytes(trained))
    total = lengths.column("films").to_numpy().reshape(-1, index.nlist).sum(axis=0)
    return {"index": _table(trained["kind"][0].as_py(), ivf_stream.head(index, total))}


@stage("index", version=4, inputs=("codes",), outputs=("index",), streamed=("codes",))
def lay_lists(codes: pa.Table | Parts, kind: str) -> dict[str, pa.Table]:
    """A run of lists: {"index": INDEX}, of the `ivf_stream.CODES` of all their films."""
    return {"index": _table(kind, ivf_stream.lay_lists(codes))}


def _laid_at_once(
    kind: str, embeddings: pa.Table | Parts, settings: NeighbourSettings, films: int
) -> pa.Table:
    trained = train_lists(embeddings, settings, films)["trained"]
    give_back()  # training takes more memory than the rest
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


def index_bytes(index: pa.Table | Iterable[pa.Table]) -> Iterator[memoryview]:
    """The bytes of an index as FAISS's own file, a few MiB at a time; views of the table's own."""
    for part in parts_of(index):
        for chunk in part.column("index").chunks:
            if not len(chunk):
                continue
            _, ends, data = chunk.buffers()  # a value taken from the column would be a copy
            at = np.frombuffer(ends, np.int64)[chunk.offset :][: len(chunk) + 1].tolist()
            for start, stop in pairwise(at):
                yield memoryview(data)[start:stop]


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


def open_index(pieces: Iterator[memoryview]) -> Any:
    """FAISS's index whole, of `index_bytes`."""
    streams: Any = faiss
    return faiss.read_index(streams.PyCallbackIOReader(_Stream(pieces).read))
