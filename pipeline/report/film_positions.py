"""The positions of all films of a catalogue on the map, computed a partition at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from pipeline.report.figures import fit_map, place_on_map
from pipeline.schemas.vectors import matrix_of

__all__ = ["place_catalogue"]


def place_catalogue(
    trained: pa.Table,
    others: Iterable[pa.Table],
    centroids: pa.Table,
    clusters: np.ndarray,
    seed: int,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Fit the map on the films that clustering was trained on, then place all others.

    The points of the others are read one partition at a time, so that this process never holds the
    points of all films of a large catalogue.

    Parameters
    ----------
    trained : POINTS of n_trained films
        The films on which the clusters were trained.
    others : iterable of POINTS
        The other films, in their order.
    centroids : CENTROIDS
        Centroids of the clusters.
    clusters : ndarray of shape (n_films,), int32
        Cluster of each film: first those of `trained`, then those of `others`.
    seed : int
        Seed of the layout.

    Returns
    -------
    fitted : dict of ndarray
        Result of `fit_map`.
    positions : ndarray of shape (n_films, 2), float32
        Position of each film.
    """
    means, points = matrix_of(centroids), matrix_of(trained)
    fitted = fit_map(points, means, clusters[: len(points)], seed)
    positions = [place_on_map(points, means, clusters[: len(points)], fitted)]
    placed = len(points)
    for part in others:
        points = matrix_of(part)
        own = clusters[placed : placed + len(points)]
        positions.append(place_on_map(points, means, own, fitted))
        placed += len(points)
    return fitted, np.concatenate(positions)
