"""The steps beside the naming: agreement with noise, other methods, and the map of the films."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flows.mining.cluster import Clusters
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, first_films, only_file, step
from pipeline import cluster
from pipeline.execution.runner import Piece
from pipeline.fileio.manifest import FileRef
from pipeline.report.film_positions import place_catalogue

__all__ = ["ClusterChecks", "FilmMap", "check_clusters", "place_on_map"]


@dataclass(frozen=True)
class ClusterChecks:
    """How stable the clusters are, and what other methods reach.

    Attributes
    ----------
    seed_ari : float, optional
        Adjusted Rand index with the clustering of the same points with noise, -1 to 1.
    comparison : tuple of FileRef
        Figures of other methods on a sample of the films.
    """

    seed_ari: float | None
    comparison: tuple[FileRef, ...]


@dataclass(frozen=True)
class FilmMap:
    """The map of the films.

    Attributes
    ----------
    fitted : dict of str to ndarray
        The fitted map, with which films of later updates are placed; see `fit_map`.
    positions : ndarray of shape (n_films, 2), float32
        Position of each film.
    """

    fitted: dict[str, np.ndarray]
    positions: np.ndarray


@step("check clusters")
def check_clusters(run: RunContext, points: Refs, clusters: Clusters) -> ClusterChecks:
    """Measure the agreement with noise, and other methods on a sample of the films."""
    training, seed = points[: run.training(points)], run.settings.seed
    assignments = clusters.assignments[: len(training)]
    section = cluster.adapt(run.settings.cluster, sum(ref.rows or 0 for ref in training))
    few = len(first_films(training, run.settings.report.compare_films))
    methods = [
        Piece(
            m.replace("|", ""),
            {"points": training[:few], "assignments": assignments[:few]},
            {"method": m, "seed": seed},
        )
        for m in cluster.METHODS
    ]
    compared = run.stage(cluster.compare, methods, settings=run.settings.report)
    constants = {"k": clusters.choice["chosen"], "seed": seed}
    piece = Piece("all", {"points": training, "assignments": assignments}, constants)
    again = run.stage(cluster.perturb, [piece], settings=section, shown=False)
    ari = run.read(only_file(again, "agreement")).column("ari")[0].as_py()
    return ClusterChecks(ari, compared.refs("comparison"))


@step("place films on map")
def place_on_map(run: RunContext, points: Refs, clusters: Clusters) -> FilmMap:
    """Place the final clusters on a plane, and the films around them."""
    trained = run.training(points)
    fitted, positions = place_catalogue(
        run.read(points[:trained]),
        map(run.read, points[trained:]),
        run.read(clusters.centroids),
        run.read(clusters.assignments, ["cluster"]).column("cluster").to_numpy(),
        run.settings.seed,
    )
    return FilmMap(fitted, positions)
