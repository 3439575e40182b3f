"""Positions of many films, where thousands of hills stand close together.

There the nearest films of one hill reach into the next. Two films that share many of their near
films are of one hill (Jarvis and Patrick 1973): how films of a hill differ is evened out (relevant
components: Bar-Hillel et al. 2003), and each film is drawn to those that it shares near ones with.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from pipeline.cluster.lloyd import unit
from pipeline.cluster.pca import project
from pipeline.settings import ClusterSettings

__all__ = ["hills"]

_PROBED = 24  # lists of an inverted file
_SHARED = 30  # nearest films
_SHARPNESS = 2  # power of the share of common ones, as a film's weight
_PART = 256  # films at a time
_RIDGE = 0.1  # of the scatter inside hills, spread evenly over all directions


def hills(points: np.ndarray, settings: ClusterSettings) -> np.ndarray:
    """Smoothed positions (films, components) float32 of unit length, of points of unit length.

    Films in the order of a hash of their ids: the first are taken as a random sample.
    """
    rough = project(points, settings)
    near = _near(rough)
    positions = project(points, settings, _scatter(points, near, _weights(near)))
    near = _near(positions)
    weights = _weights(near)
    drawn = np.empty_like(positions)
    for start in range(0, len(positions), _PART):
        part = slice(start, start + _PART)
        drawn[part] = np.einsum("fn,fnc->fc", weights[part], positions[near[part]])
    return unit(drawn)


def _near(positions: np.ndarray) -> np.ndarray:
    """The nearest films of each film, (films, _SHARED) int32, itself among them."""
    dim, films = positions.shape[1], len(positions)
    lists = min(round(4 * np.sqrt(films)), films // 39)  # FAISS asks for 39 films a list
    index: Any = faiss.index_factory(dim, f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
    index.nprobe = _PROBED
    index.train(positions[: 64 * lists])
    index.add(positions)
    near = np.empty((films, _SHARED), np.int32)
    for start in range(0, films, 4_096):
        _, near[start : start + 4_096] = index.search(positions[start : start + 4_096], _SHARED)
    return near


def _weights(near: np.ndarray) -> np.ndarray:
    """How surely each near film is of the same hill, (films, _SHARED) float32, 0 to 1."""
    weights = np.empty(near.shape, np.float32)
    for start in range(0, len(near), _PART):
        own = near[start : start + _PART]
        common = (near[own][:, :, :, None] == own[:, None, None, :]).any(3).sum(2)
        weights[start : start + _PART] = (common / near.shape[1]) ** _SHARPNESS
    return weights


def _scatter(points: np.ndarray, near: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How films differ from the mean of those of their hill, (dim, dim) float64, with a ridge."""
    dim = points.shape[1]
    total, films = np.zeros((dim, dim)), 0.0
    for start in range(0, len(points), _PART):
        part = slice(start, start + _PART)
        others = np.where(near[part] == np.arange(len(points))[part, None], 0, weights[part])
        sure = others.sum(1, keepdims=True)
        mean = np.einsum("fn,fnd->fd", others / np.maximum(sure, 1e-9), points[near[part]])
        # a film that shares hardly a near one with any counts as little
        share = np.minimum(sure, 1)
        apart = ((points[part] - mean) * np.sqrt(share)).astype(np.float64)
        total += apart.T @ apart
        films += float(share.sum())
    total /= max(films, 1e-9)
    ridge = max(float(np.trace(total)) / dim, 1e-9)
    return np.asarray((1 - _RIDGE) * total + _RIDGE * ridge * np.eye(dim))
