"""Films in the dense regions of a catalogue, the seeds of k-means for any k.

Seeds are chosen one by one. Each film is served by the seed that is nearest to it; the next seed is
the film that adds most to how well all films are served. The sums are over many films, so that
small changes of the vectors seldom change a choice, and a changed choice matters to the films near
it only. A merge tree, which was used before, is cut differently everywhere.

Notes
-----
Greedy facility location: Cornuejols, Fisher and Nemhauser 1977, "Location of bank accounts to
optimize float", Management Science 23; the step BUILD of k-medoids: Kaufman and Rousseeuw 1990,
"Finding groups in data". The seeds for k clusters are the first k of the seeds for more.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from pipeline.cluster.near_films import iterate_near

__all__ = ["choose_seeds"]

_SHARPNESS = 4  # of the weights: a film counts for the seeds close to it
_LEAST_GAIN = 1e-6  # stop when another seed serves no film better


def choose_seeds(positions: np.ndarray, count: int, near: int) -> np.ndarray:
    """Choose films as seeds, the one that serves most films first.

    Parameters
    ----------
    positions : ndarray of shape (n_films, dim), float32
        Smoothed positions of unit length.
    count : int
        Number of seeds, at least 1.
    near : int
        Number of nearest films that a seed can serve.

    Returns
    -------
    ndarray of shape (at most count,), int64
        Rows of the seeds. There are fewer if films are identical, or if there are fewer films.

    Examples
    --------
    >>> positions = np.eye(3, dtype=np.float32)[[0, 1, 1, 1, 2, 2]]
    >>> choose_seeds(positions, 3, near=3).tolist()
    [1, 4, 0]
    """
    serves, listed = _weights(positions, near)
    gain = np.asarray(serves.sum(0), np.float64).ravel()
    served = np.zeros(len(positions), np.float32)
    chosen: list[int] = []
    while len(chosen) < min(count, len(positions)):
        seed = int(gain.argmax())
        if chosen and gain[seed] < _LEAST_GAIN:
            break
        chosen.append(seed)
        own = slice(serves.indptr[seed], serves.indptr[seed + 1])
        films, weights = serves.indices[own], serves.data[own]
        better = weights > served[films]
        films, weights = films[better], weights[better]
        # what another seed would add for these films shrinks
        rows = listed[films]
        film = np.repeat(np.arange(len(films)), np.diff(rows.indptr))
        before = np.maximum(rows.data - served[films][film], 0)
        after = np.maximum(rows.data - weights[film], 0)
        np.subtract.at(gain, rows.indices, (before - after).astype(np.float64))
        served[films] = weights
        gain[seed] = -1.0
    return np.array(chosen, np.int64)


def _weights(positions: np.ndarray, near: int) -> tuple[sparse.csc_array, sparse.csr_array]:
    """Return how well each film (row) is served by each film (column), by columns and by rows."""
    films, near = len(positions), min(near, len(positions))
    columns = np.zeros((films, near), np.int32)
    values = np.zeros((films, near), np.float32)
    for part, found, weights in iterate_near(positions, near, _SHARPNESS):
        columns[part], values[part] = np.maximum(found, 0), weights
    columns[:, 0] = np.where(values[:, 0] > 0, columns[:, 0], np.arange(films))
    starts = np.arange(films + 1, dtype=np.int64) * near
    listed = sparse.csr_array((values.ravel(), columns.ravel(), starts), shape=(films, films))
    listed.eliminate_zeros()
    return listed.tocsc(), listed
