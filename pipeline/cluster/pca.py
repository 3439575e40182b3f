"""Principal components of the points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.schemas.vectors import unit_rows
from pipeline.settings import ClusterSettings

__all__ = ["project"]

_ROWS = 16_384  # rows projected at a time


def project(points: np.ndarray, settings: ClusterSettings) -> np.ndarray:
    """Project points to principal components, scaled to unit length.

    Components are centred and partly whitened (`settings.whitening`).

    Parameters
    ----------
    points : ndarray of shape (n_films, dim), float32
        Vectors of unit length.
    settings : ClusterSettings
        `components` is the width of the result, `whitening` the power of the whitening, 0 to 1.

    Returns
    -------
    ndarray of shape (n_films, min(components, dim)), float32
        Rows of unit length; a zero row stays zero.
    """
    mean = points.mean(0, dtype=np.float64)
    moments = sum(part.T @ part for part in _centred(points, mean))
    values, axes = np.linalg.eigh(moments / len(points))
    width = min(settings.components, points.shape[1])
    values, axes = values[::-1][:width], axes[:, ::-1][:, :width]
    # the sign of an eigenvector is arbitrary: fix it, so that it is the same on every machine
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(width)])
    scale = np.maximum(values, values[0] * 1e-6 + 1e-12) ** (-settings.whitening / 2)
    return np.concatenate([unit_rows((part @ axes) * scale) for part in _centred(points, mean)])


def _centred(points: np.ndarray, mean: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the points minus their mean in float64, `_ROWS` rows at a time."""
    for start in range(0, len(points), _ROWS):
        yield points[start : start + _ROWS].astype(np.float64) - mean
