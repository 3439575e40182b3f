"""Smoothed positions of the points, and the seeds of k-means.

Plain k-means on sentence vectors finds different clusters in every sample of the same films.
Spherical mean shift replaces each film by the weighted mean of its nearest films, which brings out
the dense regions that all samples share. Seeds are then films in these regions.

Notes
-----
Mean shift: Fukunaga and Hostetler 1975, "The estimation of the gradient of a density function",
IEEE Trans. Information Theory 21; Carreira-Perpinan 2006, "Fast nonparametric clustering with
Gaussian blurring mean-shift", ICML.
"""

from __future__ import annotations

import faiss
import numpy as np
import pyarrow as pa

from pipeline.cluster.choose_k import candidate_ks
from pipeline.cluster.near_films import iterate_near
from pipeline.cluster.pca import project
from pipeline.cluster.scale import leaf_films
from pipeline.cluster.seeds import choose_seeds
from pipeline.schemas.mining import POINTS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, column_of_vectors, ids_and_matrix, unit_rows
from pipeline.settings import ClusterSettings

__all__ = ["smooth_and_seed", "smooth_points"]

_SHARPNESS = 3  # of the weights in the mean of near films
_NEAR_SHARE = 2.0  # films that a seed can serve, as a share of the films of a cluster
_MOST_SHARE = 4  # at most a quarter of all films are near films
_ROWS = 256  # films averaged at a time


@stage(
    "landscape",
    version=4,
    inputs=("points",),
    outputs=("positions", "seeds"),
    streamed=("points",),
)
def smooth_points(points: pa.Table | Parts, settings: ClusterSettings) -> dict[str, pa.Table]:
    """Smooth the points of the training films and choose the seeds of k-means.

    Parameters
    ----------
    points : Table or Parts
        POINTS of the training films.
    settings : ClusterSettings
        Settings of the clustering.

    Returns
    -------
    dict of str to Table
        "positions": POINTS of width `components`, in the order of `points`. "seeds": some of these
        rows, as many as the greatest k of the curve; the first k of them are the seeds for k.
    """
    ids, rows = ids_and_matrix(points)
    most = max(candidate_ks(len(rows), settings)[1])
    positions, seeds = smooth_and_seed(rows, settings, most)
    table = pa.table([ids, column_of_vectors(positions)], schema=POINTS(positions.shape[1]))
    return {"positions": table, "seeds": table.take(pa.array(seeds))}


def smooth_and_seed(
    points: np.ndarray, settings: ClusterSettings, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Smooth points and choose the seeds of k-means.

    Parameters
    ----------
    points : ndarray of shape (n_films, dim), float32
        Vectors of unit length. In a catalogue of more than `near_films.EXACT_UP_TO` films they are
        in the order of a hash of the film ids: the first rows are used as a random sample.
    settings : ClusterSettings
        Settings of the clustering.
    most : int
        Number of seeds.

    Returns
    -------
    positions : ndarray of shape (n_films, components), float32
        Smoothed positions of unit length.
    seeds : ndarray of shape (at most `most`,), int64
        Rows of the seeds, see `seeds.choose_seeds`.
    """
    faiss.omp_set_num_threads(1)  # one order of summation: the same bytes with any number of cores
    leaf = leaf_films(settings, len(points))
    limit = max(1, len(points) // _MOST_SHARE)
    positions = project(points, settings)
    count = min(round(settings.smoothing_share * leaf), limit)
    for _ in range(settings.smoothing_rounds if count > 1 else 0):
        positions = _shift_to_means(positions, count)
    own = leaf if settings.k == "auto" else max(1, len(points) // settings.k)
    near = max(1, min(round(_NEAR_SHARE * own), limit))
    return positions, choose_seeds(positions, most, near)


def _shift_to_means(positions: np.ndarray, count: int) -> np.ndarray:
    """Replace each film by the weighted mean of its `count` nearest films."""
    shifted = np.empty_like(positions)
    for part, near, weights in iterate_near(positions, count, _SHARPNESS):
        for start in range(0, len(near), _ROWS):
            own = slice(start, start + _ROWS)
            means = np.einsum("fn,fnc->fc", weights[own], positions[near[own]])
            shifted[part.start + start : part.start + start + len(means)] = means
    return unit_rows(shifted)
