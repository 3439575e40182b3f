"""Points to the few directions that tell films apart most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.cluster.lloyd import unit
from pipeline.settings import ClusterSettings

__all__ = ["project"]

_PART = 16_384  # rows at a time


def project(
    points: np.ndarray, settings: ClusterSettings, within: np.ndarray | None = None
) -> np.ndarray:
    """Principal components (centred, partly whitened), (films, components) float32, unit length.

    Parameters
    ----------
    within : (dim, dim), how films of one hill differ; where it is given, that is evened out before
        components are taken, which are then not whitened.
    """
    mean = points.mean(0, dtype=np.float64)
    lens = None if within is None else _inverse_root(within)
    moments = sum(part.T @ part for part in _centred(points, mean, lens))
    values, axes = np.linalg.eigh(moments / len(points))
    width = min(settings.components, points.shape[1])
    values, axes = values[::-1][:width], axes[:, ::-1][:, :width]
    # an eigenvector's sign is arbitrary: fix it, so that it cannot differ between machines
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(width)])
    evened = settings.whitening if within is None else 0.0
    scale = np.maximum(values, values[0] * 1e-6 + 1e-12) ** (-evened / 2)
    return np.concatenate([unit((part @ axes) * scale) for part in _centred(points, mean, lens)])


def _centred(points: np.ndarray, mean: np.ndarray, lens: np.ndarray | None) -> Iterator[np.ndarray]:
    """Points less their mean in float64, seen through a lens, a part of the rows at a time."""
    for start in range(0, len(points), _PART):
        part = points[start : start + _PART].astype(np.float64) - mean
        yield part if lens is None else part @ lens


def _inverse_root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric inverse square root of a positive definite matrix."""
    values, axes = np.linalg.eigh(matrix)
    root: np.ndarray = (axes * np.maximum(values, 1e-12) ** -0.5) @ axes.T
    return root
