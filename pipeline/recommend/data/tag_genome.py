"""The tag genome reduced: 1,128 relevances per film to 64 principal components, with Dask-ML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dask.array as da
import numpy as np
import pyarrow as pa
from dask_ml.decomposition import PCA

from pipeline.errors import SourceError
from pipeline.schemas.vectors import column_of_vectors

__all__ = ["ReducedGenome", "reduce_genome"]

_BLOCK_FILMS = 4_096


@dataclass(frozen=True)
class ReducedGenome:
    """Principal components of the tag genome.

    Attributes
    ----------
    films : pa.Table of (film_id int64, vector fixed-size list of float32)
        One row per film with tag scores, by ascending id.
    explained : ndarray of shape (n_components,), float64
        Share of the variance that each component explains, 0 to 1, descending.
    """

    films: pa.Table
    explained: np.ndarray


def reduce_genome(chunks: Iterable[pa.Table], components: int, seed: int) -> ReducedGenome:
    """Compute the principal components of the tag genome.

    Parameters
    ----------
    chunks : iterable of pa.Table of GENOME
        Relevance of tags for films, 0 to 1; absent pairs count as 0.
    components : int
        Maximum number of components; fewer if there are fewer films or tags.
    seed : int
        Seed of the random generator.

    Returns
    -------
    ReducedGenome
        Largest component first.

    Raises
    ------
    SourceError
        If there are no scores.
    """
    films, scores = _genome_matrix(chunks)
    count = min(components, *scores.shape)
    blocks = da.from_array(scores, chunks=(_BLOCK_FILMS, scores.shape[1]))
    # a tall matrix has a direct decomposition; a wide one, with few films, the randomised one
    solver = "tsqr" if scores.shape[0] >= scores.shape[1] else "randomized"
    model = PCA(count, svd_solver=solver, random_state=seed, iterated_power=4)
    vectors = np.asarray(model.fit_transform(blocks).compute(), np.float32)
    table = pa.table({"film_id": films, "vector": column_of_vectors(vectors)})
    return ReducedGenome(table, np.asarray(model.explained_variance_ratio_, np.float64))


def _genome_matrix(chunks: Iterable[pa.Table]) -> tuple[np.ndarray, np.ndarray]:
    """Return film ids and relevances, float32 (n_films, n_tags)."""
    whole = [
        (c["film_id"].to_numpy(), c["tag_id"].to_numpy(), c["relevance"].to_numpy()) for c in chunks
    ]
    if not whole:
        raise SourceError("genome-scores.csv has no scores: download it again, or remove it")
    films = np.unique(np.concatenate([np.unique(film) for film, _, _ in whole]))
    tags = np.unique(np.concatenate([np.unique(tag) for _, tag, _ in whole]))
    scores = np.zeros((len(films), len(tags)), np.float32)
    for film, tag, relevance in whole:
        scores[np.searchsorted(films, film), np.searchsorted(tags, tag)] = relevance
    return films, scores
