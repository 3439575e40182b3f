"""The recall of lists of neighbours, and of single queries of an index."""

from __future__ import annotations

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.neighbours.search import ids_at, rows_of, search
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, matrix_of, parts_of, vectors_at
from pipeline.settings import NeighbourSettings

__all__ = ["recall_at_10", "recall_of_lists"]

_RECALL_COUNT = 10


@stage(
    "recall",
    version=4,
    inputs=("embeddings", "everyone", "neighbours"),
    outputs=("recall",),
    streamed=("embeddings", "everyone", "neighbours"),
)
def recall_of_lists(
    embeddings: pa.Table | Parts,
    everyone: pa.Table | Parts,
    neighbours: pa.Table | Parts,
    settings: NeighbourSettings,
    seed: int,
) -> dict[str, pa.Table]:
    """Measure the share of the true 10 nearest other films that are among the neighbours of a film.

    Parameters
    ----------
    embeddings : Table or Parts
        EMBEDDINGS of all films.
    everyone : Table or Parts
        Their `movie_id`, in the same order.
    neighbours : Table or Parts
        NEIGHBOURS of all films.
    settings : NeighbourSettings
        `recall_queries` is the number of films in the sample; of less than 10 neighbours (`count`),
        as many true ones are counted.
    seed : int
        Seed of the sample.

    Returns
    -------
    dict of str to Table
        "recall": one row, one column `recall`, 0 to 1.
    """
    faiss.omp_set_num_threads(1)
    films = embeddings.num_rows
    count = min(_RECALL_COUNT, settings.count, films - 1)
    if count < 1:
        return {"recall": pa.table([[1.0]], names=["recall"])}
    sample = np.sort(_sample(films, settings, seed))
    queries = vectors_at(embeddings, sample)
    last = _last_true_similarity(embeddings, queries, count + 1)  # the film itself is the first
    ids = ids_at(everyone, sample)
    listed = [
        part.select(["movie_id", "rank", "neighbour_id"]).filter(
            pc.and_(pc.less_equal(part["rank"], count), pc.is_in(part["movie_id"], value_set=ids))
        )
        for part in parts_of(neighbours)
    ]
    found = pa.concat_tables(listed).combine_chunks()
    film = pc.index_in(found["movie_id"], value_set=ids).to_numpy()
    distinct = pc.unique(found["neighbour_id"])
    near = vectors_at(embeddings, rows_of(distinct, everyone))
    which = pc.index_in(found["neighbour_id"], value_set=distinct).to_numpy()
    # By similarity, not by id: films with identical texts are interchangeable.
    similarity = np.einsum("nd,nd->n", queries[film], near[which])
    hits = int((similarity >= last[film] - 1e-5).sum())
    return {"recall": pa.table([[hits / (len(sample) * count)]], names=["recall"])}


@stage(
    "recall-of-queries",
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
    queries = vectors_at(embeddings, _sample(embeddings.num_rows, settings, seed))
    last = _last_true_similarity(embeddings, queries, count)
    _, rows = search(index, queries, count, settings)
    distinct, inverse = np.unique(rows, return_inverse=True)
    # A film counts as found by its similarity, not by its row: films with identical texts are
    # interchangeable. The similarity is the true one, since an 8-bit index only approximates it.
    near = vectors_at(embeddings, np.maximum(distinct, 0))[inverse.reshape(rows.shape)]
    similarity = np.einsum("qd,qnd->qn", queries, near)
    found = (similarity >= last[:, None] - 1e-5) & (rows >= 0)
    return {"recall": pa.table([[float(found.mean())]], names=["recall"])}


def _sample(films: int, settings: NeighbourSettings, seed: int) -> np.ndarray:
    """Return the rows of a random sample of films, in random order, int64."""
    return np.random.default_rng(seed).permutation(films)[: settings.recall_queries]


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
