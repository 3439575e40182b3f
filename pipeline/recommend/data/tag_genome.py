"""The tag genome reduced: 1,128 relevances of each film to 64 principal components, by dask-ml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dask.array as da
import numpy as np
import pyarrow as pa
from dask_ml.decomposition import PCA

from pipeline.errors import SourceError
from pipeline.schemas.vectors import column_of_vectors

__all__ = ["Reduced", "matrix", "reduce"]

_ROWS = 4_096  # films of a block


@dataclass(frozen=True)
class Reduced:
    """films: (film_id, vector float32). explained : share of the variance, one per component."""

    films: pa.Table
    explained: np.ndarray


def matrix(chunks: Iterable[pa.Table]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """GENOME in chunks as film ids, tag ids, relevances float32 (films, tags); absent ones 0."""
    whole = [
        (c["film_id"].to_numpy(), c["tag_id"].to_numpy(), c["relevance"].to_numpy()) for c in chunks
    ]
    if not whole:
        raise SourceError("genome-scores.csv holds no scores: fetch it again, or leave it out")
    films = np.unique(np.concatenate([np.unique(film) for film, _, _ in whole]))
    tags = np.unique(np.concatenate([np.unique(tag) for _, tag, _ in whole]))
    found = np.zeros((len(films), len(tags)), np.float32)
    for film, tag, relevance in whole:
        found[np.searchsorted(films, film), np.searchsorted(tags, tag)] = relevance
    return films, tags, found


def reduce(chunks: Iterable[pa.Table], components: int, seed: int) -> Reduced:
    """Principal components of the tag genome, largest first.

    Parameters
    ----------
    components : at most; fewer where there are fewer films or tags.
    """
    films, _, scores = matrix(chunks)
    count = min(components, *scores.shape)
    blocks = da.from_array(scores, chunks=(_ROWS, scores.shape[1]))
    # a tall matrix has a direct decomposition; a wide one, of few films, the randomised one
    solver = "tsqr" if scores.shape[0] >= scores.shape[1] else "randomized"
    model = PCA(count, svd_solver=solver, random_state=seed, iterated_power=4)
    vectors = np.asarray(model.fit_transform(blocks).compute(), np.float32)
    table = pa.table({"film_id": films, "vector": column_of_vectors(vectors)})
    return Reduced(table, np.asarray(model.explained_variance_ratio_, np.float64))
