"""Smoothed positions of large catalogues, by shared nearest neighbours.

In a catalogue of thousands of dense clusters, the nearest films of a film can belong to the next
cluster, so a plain average over them (`mean_shift`) merges clusters. Two films that share many of
their nearest films belong to one cluster. Their share of common neighbours is the weight with
which a film is moved towards each of its nearest films.

Notes
-----
Shared nearest neighbours: Jarvis and Patrick 1973, "Clustering using a similarity measure based on
shared near neighbors", IEEE Trans. Computers C-22. Whitening of the differences within a cluster:
relevant component analysis, Bar-Hillel et al. 2003, ICML (see `pca.project`).
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from pipeline.cluster.pca import project
from pipeline.schemas.vectors import unit_rows
from pipeline.settings import ClusterSettings

__all__ = ["smooth_by_shared_neighbours"]

_PROBED_LISTS = 24  # lists of the inverted file that a query searches
_NEIGHBOURS = 30  # nearest films of each film, itself included
_SHARPNESS = 2  # the weight is the share of common neighbours to this power
_ROWS = 256  # films at a time
_RIDGE = 0.1  # share of the scatter within clusters that is spread evenly over all directions


def smooth_by_shared_neighbours(points: np.ndarray, settings: ClusterSettings) -> np.ndarray:
    """Project points, and move each film towards the films that share neighbours with it.

    Parameters
    ----------
    points : ndarray of shape (n_films, dim), float32
        Vectors of unit length, in the order of a hash of the film ids: the first rows are used as
        a random sample.
    settings : ClusterSettings
        `components` is the width of the result.

    Returns
    -------
    ndarray of shape (n_films, components), float32
        Positions of unit length.
    """
    first = project(points, settings)
    near = _nearest_films(first)
    within = _scatter_within(points, near, _shared_weights(near))
    positions = project(points, settings, within)
    near = _nearest_films(positions)
    weights = _shared_weights(near)
    smoothed = np.empty_like(positions)
    for start in range(0, len(positions), _ROWS):
        part = slice(start, start + _ROWS)
        smoothed[part] = np.einsum("fn,fnc->fc", weights[part], positions[near[part]])
    return unit_rows(smoothed)


def _nearest_films(positions: np.ndarray) -> np.ndarray:
    """Return the nearest films of each film, itself included, (n_films, _NEIGHBOURS) int32."""
    dim, films = positions.shape[1], len(positions)
    lists = min(round(4 * np.sqrt(films)), films // 39)  # FAISS wants 39 training films per list
    index: Any = faiss.index_factory(dim, f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
    index.nprobe = _PROBED_LISTS
    index.train(positions[: 64 * lists])
    index.add(positions)
    near = np.empty((films, _NEIGHBOURS), np.int32)
    for start in range(0, films, 4_096):
        _, near[start : start + 4_096] = index.search(positions[start : start + 4_096], _NEIGHBOURS)
    return near


def _shared_weights(near: np.ndarray) -> np.ndarray:
    """Return the weight of each near film, (n_films, _NEIGHBOURS) float32, 0 to 1.

    It is the share of common neighbours, to the power `_SHARPNESS`.
    """
    weights = np.empty(near.shape, np.float32)
    for start in range(0, len(near), _ROWS):
        own = near[start : start + _ROWS]
        common = (near[own][:, :, :, None] == own[:, None, None, :]).any(3).sum(2)
        weights[start : start + _ROWS] = (common / near.shape[1]) ** _SHARPNESS
    return weights


def _scatter_within(points: np.ndarray, near: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the covariance of films around the weighted mean of their near films.

    Returns
    -------
    ndarray of shape (dim, dim), float64
        With a ridge, so that it can be inverted.
    """
    dim = points.shape[1]
    total, films = np.zeros((dim, dim)), 0.0
    for start in range(0, len(points), _ROWS):
        part = slice(start, start + _ROWS)
        others = np.where(near[part] == np.arange(len(points))[part, None], 0, weights[part])
        weight_sum = others.sum(1, keepdims=True)
        mean = np.einsum("fn,fnd->fd", others / np.maximum(weight_sum, 1e-9), points[near[part]])
        # a film that shares hardly any neighbour with another counts for little
        share = np.minimum(weight_sum, 1)
        difference = ((points[part] - mean) * np.sqrt(share)).astype(np.float64)
        total += difference.T @ difference
        films += float(share.sum())
    total /= max(films, 1e-9)
    ridge = max(float(np.trace(total)) / dim, 1e-9)
    return np.asarray((1 - _RIDGE) * total + _RIDGE * ridge * np.eye(dim))
