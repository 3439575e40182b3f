"""The FAISS index over all films, of a kind that depends on their number.

The index is stored as rows of bytes, so that it is built, written and read some rows at a time.
"""

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

from pipeline.fileio.atomic import explain_full_disk
from pipeline.neighbours import faiss_internals, ivf_stream
from pipeline.observability.memory import release_memory
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of, vectors_at
from pipeline.settings import NeighbourSettings

__all__ = [
    "INDEX",
    "IVF_CODECS",
    "build_index",
    "encode_films",
    "index_bytes",
    "index_kind",
    "open_index",
    "train_index",
    "write_header",
    "write_lists",
]

# The serialized index, cut into rows. Those of an inverted file are the pieces of `ivf_stream`.
INDEX = pa.schema([("kind", pa.string()), ("index", pa.large_binary())])

# Kinds of inverted files, and the FAISS codec of their vectors: float32, or 8 bits per component.
IVF_CODECS = {"ivf": "Flat", "ivf-sq8": "SQ8"}

_TRAINED_PER_LIST = 39  # films: FAISS warns if there are fewer
_MAX_TRAINED = 100_000  # films for all lists: they must fit in the memory of one worker
# Every film is compared with the centroids of all lists, so there are at most this many lists.
# Above the square of this number of films there are sqrt(films): time then grows as films^1.5.
_MAX_LISTS = 1_000
_ROW_BYTES = 2**24


def index_kind(films: int, settings: NeighbourSettings) -> str:
    """Return the kind of index for a number of films.

    Returns
    -------
    {"flat", "hnsw", "ivf", "ivf-sq8"}
        With `settings.index` "auto": exact search while it is cheap, then smaller indexes.

    Examples
    --------
    >>> index_kind(10_000, NeighbourSettings()), index_kind(1_000_000, NeighbourSettings())
    ('flat', 'ivf-sq8')
    """
    if settings.index != "auto":
        return settings.index
    if films <= settings.flat_up_to:
        return "flat"
    return "ivf" if films <= settings.ivf_up_to else "ivf-sq8"


@stage("index", version=4, inputs=("embeddings",), outputs=("index",), streamed=("embeddings",))
def build_index(
    embeddings: pa.Table | Parts, settings: NeighbourSettings, films: int
) -> dict[str, pa.Table]:
    """Build the inner-product index over all films.

    An inverted file is trained on films at equal distances in the order of the rows. The memory
    contains the index and one part of the embeddings; the bytes of "flat" and "hnsw" go through a
    temporary file. `train_index` is the first of four steps that build an inverted file without
    the whole index in memory.

    Parameters
    ----------
    embeddings : Table or Parts
        EMBEDDINGS of all films, in the order of the rows of the index.
    settings : NeighbourSettings
        `index` and its limits.
    films : int
        Number of films.

    Returns
    -------
    dict of str to Table
        "index": INDEX.

    Raises
    ------
    StoreError
        If there is no disk space for the temporary file.

    Notes
    -----
    "hnsw": Malkov and Yashunin 2018, IEEE TPAMI 42. "ivf" and "ivf-sq8": Johnson et al. 2017,
    "Billion-scale similarity search with GPUs", arXiv:1702.08734.
    """
    kind = index_kind(films, settings)
    if kind in IVF_CODECS:
        return {"index": _build_inverted_file(kind, embeddings, settings, films)}
    faiss.omp_set_num_threads(1)
    recipe = {"flat": "Flat", "hnsw": "HNSW32"}[kind]
    index: Any = None
    for part in parts_of(embeddings):
        vectors = matrix_of(part)
        if index is None:
            index = faiss.index_factory(vectors.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
        index.add(vectors)
        del vectors
    # through a file: in memory, the index and its bytes would take the space twice
    with explain_full_disk(Path(gettempdir())), TemporaryFile() as file:
        faiss_internals.write_index(index, file.write)
        del index
        file.seek(0)
        return {"index": _index_table(kind, iter(lambda: file.read(_ROW_BYTES), b""))}


@stage("index-lists", inputs=("embeddings",), outputs=("trained",), streamed=("embeddings",))
def train_index(
    embeddings: pa.Table | Parts, settings: NeighbourSettings, films: int
) -> dict[str, pa.Table]:
    """Train an inverted file on some of the films, without adding any.

    This is the first of four steps that build the same index as `build_index` without the whole
    index in memory. `encode_films` follows for some films at a time, then `write_header`, then
    `write_lists` for each run of lists.

    Parameters
    ----------
    embeddings : Table or Parts
        EMBEDDINGS of all films, in the order of the rows of the index.
    settings : NeighbourSettings
        `index` and its limits.
    films : int
        Number of films.

    Returns
    -------
    dict of str to Table
        "trained": INDEX.
    """
    faiss.omp_set_num_threads(1)
    kind, count = index_kind(films, settings), embeddings.num_rows
    lists = _list_count(count)
    step = max(1, count // min(_TRAINED_PER_LIST * lists, _MAX_TRAINED))
    # a table's own matrix takes no memory, so it is not copied if all films are used
    sample = (
        matrix_of(embeddings) if step == 1 else vectors_at(embeddings, np.arange(0, count, step))
    )
    recipe = f"IVF{lists},{IVF_CODECS[kind]}"
    index: Any = faiss.index_factory(sample.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = min(_TRAINED_PER_LIST, len(sample) // lists)
    index.train(sample)
    return {"trained": _index_table(kind, [faiss.serialize_index(index).tobytes()])}


def _list_count(films: int) -> int:
    """Return the number of inverted lists: at least 39 films each, sqrt(films) for millions."""
    few = min(films // _TRAINED_PER_LIST, round(2 * math.sqrt(films)), _MAX_LISTS)
    many = math.isqrt(films) if films > _MAX_LISTS**2 else 0
    return max(1, few, many)


@stage(
    "index-codes",
    version=2,
    inputs=("embeddings", "trained"),
    outputs=("lengths", "*"),
    streamed=("embeddings",),
)
def encode_films(
    embeddings: pa.Table | Parts, trained: pa.Table, films: int, first: int
) -> dict[str, pa.Table]:
    """Encode the films of some partitions for the inverted lists.

    Parameters
    ----------
    embeddings : Table or Parts
        EMBEDDINGS of the films of these partitions.
    trained : Table
        INDEX of `train_index`.
    films : int
        Number of films of all partitions.
    first : int
        Row number of the first film of these partitions.

    Returns
    -------
    dict of str to Table
        See `ivf_stream.encode_films`.
    """
    faiss.omp_set_num_threads(1)
    index = open_index(index_bytes(trained))
    return ivf_stream.encode_films(embeddings, index, first, ivf_stream.cut_into_runs(index, films))


@stage("index-head", inputs=("trained", "lengths"), outputs=("index",))
def write_header(trained: pa.Table, lengths: pa.Table) -> dict[str, pa.Table]:
    """Write the part of the index that precedes the lists.

    Parameters
    ----------
    trained : Table
        INDEX of `train_index`.
    lengths : Table
        `ivf_stream.LENGTHS` of all calls of `encode_films`, one after the other.

    Returns
    -------
    dict of str to Table
        "index": INDEX.
    """
    index = open_index(index_bytes(trained))
    total = lengths.column("films").to_numpy().reshape(-1, index.nlist).sum(axis=0)
    pieces = ivf_stream.header_pieces(index, total)
    return {"index": _index_table(trained["kind"][0].as_py(), pieces)}


@stage("index", version=5, inputs=("codes",), outputs=("index", "rows"), streamed=("codes",))
def write_lists(codes: pa.Table | Parts, kind: str) -> dict[str, pa.Table]:
    """Write a run of lists.

    Parameters
    ----------
    codes : Table or Parts
        `ivf_stream.CODES` of all films of the run.
    kind : {"ivf", "ivf-sq8"}
        Kind of the index.

    Returns
    -------
    dict of str to Table
        "index": INDEX. "rows": `ivf_stream.ROWS`, for those who need no vectors.
    """
    pieces, rows = ivf_stream.list_pieces(codes)
    return {"index": _index_table(kind, pieces), "rows": rows}


def _build_inverted_file(
    kind: str, embeddings: pa.Table | Parts, settings: NeighbourSettings, films: int
) -> pa.Table:
    """Build an inverted file in one process, by the same four steps."""
    trained = train_index(embeddings, settings, films)["trained"]
    release_memory()  # training takes more memory than the other steps
    runs = encode_films(embeddings, trained, films, 0)
    tables = [write_header(trained, runs.pop("lengths"))]
    tables += [write_lists(runs.pop(name), kind) for name in sorted(runs)]
    return pa.concat_tables([table["index"] for table in tables])


def _index_table(kind: str, rows: Iterable[bytes | bytearray]) -> pa.Table:
    column = pa.chunked_array([_bytes_array(data) for data in rows], pa.large_binary())
    return pa.table([pa.array([kind] * len(column), pa.string()), column], schema=INDEX)


def _bytes_array(data: bytes | bytearray) -> pa.Array:
    """Return an array with one value, over the memory of `data`.

    A copy by Arrow's allocator would take the same amount of memory again.
    """
    ends = pa.py_buffer(np.array([0, len(data)]))
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(data)])


def index_bytes(index: pa.Table | Iterable[pa.Table]) -> Iterator[memoryview]:
    """Yield the bytes of an index, in the format of `faiss.write_index`, some MiB at a time.

    Parameters
    ----------
    index : Table or iterable of Table
        INDEX.

    Yields
    ------
    memoryview
        A view of the table's memory.
    """
    for part in parts_of(index):
        for chunk in part.column("index").chunks:
            if not len(chunk):
                continue
            _, ends, data = chunk.buffers()  # values taken from the column would be copies
            bounds = np.frombuffer(ends, np.int64)[chunk.offset :][: len(chunk) + 1].tolist()
            for start, stop in pairwise(bounds):
                yield memoryview(data)[start:stop]


def open_index(pieces: Iterator[memoryview]) -> Any:
    """Return the whole FAISS index of the bytes of `index_bytes`."""
    return faiss_internals.read_index(pieces)
