"""The nearest films of each film, with weights that change little when the vectors change little.

A plain set of nearest films changes at its edge with every digit of the vectors, and repeated
averages over such sets make the change larger. Here the weight of a film falls smoothly to zero at
the edge: a film that enters or leaves the set has no weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np

__all__ = ["EXACT_UP_TO", "iterate_near"]

# Up to this number of films the search is exact. Beyond it, near films come from an inverted file:
# time grows as films^1.5.
EXACT_UP_TO = 16_384
_PROBED_LISTS = 24  # lists of the inverted file that a query searches
_TRAINING_PER_LIST = 64  # films sampled for each list
_ROWS = 4_096  # films searched at a time: with fewer FAISS is slower
_TINY = 1e-6  # cosine; nearer films count as identical


def iterate_near(
    positions: np.ndarray, count: int, sharpness: int
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yield the nearest films of each film, some films at a time, and their weights.

    Parameters
    ----------
    positions : ndarray of shape (n_films, dim), float32
        Vectors of unit length. In catalogues of more than `EXACT_UP_TO` films the first rows are
        used as a random sample.
    count : int
        Number of nearest films, the film itself included; at most n_films.
    sharpness : int
        The weight is (1 - d / e) to this power, where d is the cosine distance of the film and e
        that of the last of the nearest films.

    Yields
    ------
    part : slice
        Rows of the films.
    near : ndarray of shape (films of the part, count), int64
        Rows of their nearest films. With an inverted file, -1 where fewer are found; the weight is
        0 there.
    weights : ndarray of shape (films of the part, count), float32
        0 to 1; 1 for the film itself and for films that are identical to it.

    Notes
    -----
    A kernel whose width is the distance to the k-th neighbour: Loftsgaarden and Quesenberry 1965,
    "A nonparametric estimate of a multivariate density function", Annals of Mathematical
    Statistics 36.
    """
    films, dim = positions.shape
    count = min(count, films)
    index: Any
    if films <= EXACT_UP_TO:
        index = faiss.IndexFlatIP(dim)
    else:
        lists = min(round(4 * np.sqrt(films)), films // 39)  # FAISS wants 39 training films each
        index = faiss.index_factory(dim, f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
        index.nprobe = _PROBED_LISTS
        index.train(positions[: _TRAINING_PER_LIST * lists])
    index.add(positions)
    for start in range(0, films, _ROWS):
        part = slice(start, min(start + _ROWS, films))
        cosine, near = index.search(positions[part], count)
        found = near >= 0
        distance = np.where(found, cosine[:, :1] - cosine, np.inf)
        edge = np.where(found, distance, 0).max(1, keepdims=True)
        weights = np.clip(1 - distance / np.maximum(edge, _TINY), 0, 1) ** sharpness
        yield part, near, weights.astype(np.float32)
