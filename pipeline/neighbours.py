"""Vectors to a FAISS index chosen by size, and the nearest films of each film."""

from __future__ import annotations

import faiss
import numpy as np
import pyarrow as pa

from pipeline.settings import NeighbourSettings
from pipeline.tables import NEIGHBOURS, matrix_of

__all__ = ["INDEX", "build_index", "index_kind", "nearest_films", "recall_at"]

# A FAISS index in its own serialised form.
INDEX = pa.schema([("kind", pa.string()), ("index", pa.large_binary())])

_SEARCHED_LISTS = 32


def index_kind(films: int, settings: NeighbourSettings) -> str:
    """`flat`, `hnsw`, `ivf` or `ivf-sq8`: exact search where it is cheap, smaller ones beyond."""
    if settings.index != "auto":
        return settings.index
    if films <= settings.flat_up_to:
        return "flat"
    return "ivf" if films <= settings.ivf_up_to else "ivf-sq8"


def build_index(
    embeddings: pa.Table, settings: NeighbourSettings, films: int
) -> dict[str, pa.Table]:
    """An inner-product index over all films, in the order given: {"index": INDEX}.

    `hnsw` is Malkov and Yashunin 2018; `ivf` and `ivf-sq8` are inverted lists with full and 8-bit
    vectors (Johnson et al. 2017).
    """
    faiss.omp_set_num_threads(1)
    kind = index_kind(films, settings)
    vectors = matrix_of(embeddings)
    lists = max(1, min(len(vectors) // 39, round(4 * np.sqrt(len(vectors)))))
    recipe = {
        "flat": "Flat",
        "hnsw": "HNSW32",
        "ivf": f"IVF{lists},Flat",
        "ivf-sq8": f"IVF{lists},SQ8",
    }[kind]
    index = faiss.index_factory(vectors.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        index.train(vectors)
    index.add(vectors)
    del vectors  # the index has them, and so have its bytes: twice is enough
    raw = faiss.serialize_index(index)
    del index
    ends = pa.py_buffer(np.array([0, len(raw)], np.int64))
    column = pa.LargeBinaryArray.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(raw)])
    return {"index": pa.table([pa.array([kind]), column], schema=INDEX)}


def nearest_films(
    embeddings: pa.Table, everyone: pa.Table, index: pa.Table, settings: NeighbourSettings
) -> dict[str, pa.Table]:
    """The nearest films of each film of one partition: {"neighbours": NEIGHBOURS}.

    `everyone` holds the movie_id of each row of the index. A film is not its own neighbour; of
    equally near films the one whose row comes first stands first.
    """
    ids = np.array(everyone.column("movie_id").to_pylist(), object)
    own = embeddings.column("movie_id").to_pylist()
    count = min(settings.count, len(ids) - 1)
    if count < 1:
        return {"neighbours": NEIGHBOURS.empty_table()}
    similarity, rows = _search(_open(index), matrix_of(embeddings), count + 1)
    place = {movie_id: row for row, movie_id in enumerate(ids)}
    mine = np.array([place[movie_id] for movie_id in own])
    # the own row goes last, whatever its rank among identical texts, and is cut off
    order = np.lexsort((rows, -similarity, rows == mine[:, None], rows < 0), axis=1)[:, :count]
    rows = np.take_along_axis(rows, order, axis=1)
    similarity = np.take_along_axis(similarity, order, axis=1)
    found = (rows >= 0) & (rows != mine[:, None])
    film, rank = np.nonzero(found)
    columns = [
        pa.array(np.array(own, object)[film], pa.string()),
        pa.array(rank + 1, pa.int16()),
        pa.array(ids[rows[found]], pa.string()),
        pa.array(similarity[found], pa.float32()),
    ]
    return {"neighbours": pa.table(columns, schema=NEIGHBOURS)}


def recall_at(
    embeddings: pa.Table, index: pa.Table, settings: NeighbourSettings, seed: int, count: int = 10
) -> dict[str, pa.Table]:
    """Share of the true `count` nearest films that the index finds, over sampled films.

    Returns
    -------
    {"recall": one row, column `recall`, 0 to 1}
    """
    faiss.omp_set_num_threads(1)
    vectors = matrix_of(embeddings)
    count = min(count, len(vectors))
    chosen = np.random.default_rng(seed).permutation(len(vectors))[: settings.recall_queries]
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    truth, _ = exact.search(vectors[chosen], count)
    _, rows = _search(_open(index), vectors[chosen], count)
    # by similarity, not by row: films with identical texts are interchangeable; and by the true
    # one, since that of an 8-bit index is only near it
    found = np.einsum("qd,qnd->qn", vectors[chosen], vectors[rows])
    near = (found >= truth[:, -1:] - 1e-5) & (rows >= 0)
    return {"recall": pa.table([[float(near.mean())]], names=["recall"])}


def _open(index: pa.Table) -> faiss.Index:
    raw = index.column("index")[0].as_buffer()
    return faiss.deserialize_index(np.frombuffer(raw, np.uint8))


def _search(index: faiss.Index, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    faiss.omp_set_num_threads(1)
    if isinstance(index, faiss.IndexIVF):
        index.nprobe = min(index.nlist, _SEARCHED_LISTS)
    elif isinstance(index, faiss.IndexHNSW):
        index.hnsw.efSearch = 128
    similarity, rows = index.search(vectors, count)
    return similarity, rows
