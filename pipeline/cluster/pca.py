"""Principal components of the points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.schemas.vectors import unit_rows
from pipeline.settings import ClusterSettings

__all__ = ["project"]

_ROWS = 16_384  # rows projected at a time


def project(
    points: np.ndarray, settings: ClusterSettings, within: np.ndarray | None = None
) -> np.ndarray:
    """Project points to principal components, scaled to unit length.

    Components are centred and partly whitened (`settings.whitening`).

    Parameters
    ----------
    points : ndarray of shape (n_films, dim), float32
        Vectors of unit length.
    settings : ClusterSettings
        `components` is the width of the result, `whitening` the power of the whitening, 0 to 1.
    within : ndarray of shape (dim, dim), float64, optional
        Covariance of films within a cluster. If given, points are first transformed so that it
        becomes the identity, and the components are not whitened.

    Returns
    -------
    ndarray of shape (n_films, min(components, dim)), float32
        Rows of unit length; a zero row stays zero.

    Notes
    -----
    Whitening by the covariance within clusters is relevant component analysis: Bar-Hillel et al.
    2003, "Learning distance functions using equivalence relations", ICML.
    """
    mean = points.mean(0, dtype=np.float64)
    transform = None if within is None else _inverse_root(within)
    moments = sum(part.T @ part for part in _centred(points, mean, transform))
    values, axes = np.linalg.eigh(moments / len(points))
    width = min(settings.components, points.shape[1])
    values, axes = values[::-1][:width], axes[:, ::-1][:, :width]
    # the sign of an eigenvector is arbitrary: fix it, so that it is the same on every machine
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(width)])
    whitening = settings.whitening if within is None else 0.0
    scale = np.maximum(values, values[0] * 1e-6 + 1e-12) ** (-whitening / 2)
    return np.concatenate(
        [unit_rows((part @ axes) * scale) for part in _centred(points, mean, transform)]
    )


def _centred(
    points: np.ndarray, mean: np.ndarray, transform: np.ndarray | None
) -> Iterator[np.ndarray]:
    """Yield the points minus their mean, transformed, in float64, `_ROWS` rows at a time."""
    for start in range(0, len(points), _ROWS):
        part = points[start : start + _ROWS].astype(np.float64) - mean
        yield part if transform is None else part @ transform


def _inverse_root(matrix: np.ndarray) -> np.ndarray:
    """Return the symmetric inverse square root of a positive definite matrix."""
    values, axes = np.linalg.eigh(matrix)
    root: np.ndarray = (axes * np.maximum(values, 1e-12) ** -0.5) @ axes.T
    return root
