"""The step that makes shelves of clusters: names and moves of films in turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pyarrow as pa

from flows.mining.cluster import Clusters
from flows.mining.naming_parts import NamingParts, propose_names
from flows.mining.settle import Moved, Shelves, settle_shelves
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, piece_per_partition, step
from pipeline import cluster
from pipeline.execution.runner import StageResult
from pipeline.label.shelves import (
    SHARP,
    margin_weights,
    mean_points,
    move_films,
    move_weights,
    nameless_clusters,
    pull_of,
    renumbered,
    select_pull,
)
from pipeline.schemas.release_manifest import ShelfLimits
from pipeline.settings import ClusterSettings

__all__ = ["shape_shelves"]

_ROUNDS = 4  # the last one with names that could be printed
_LAST = 1.3  # weights of the last move, in those of the others
_REACH = 2.0  # how much less near a shelf may be to which a film moves, in median margins
_LEAST_THEME = 4  # a shelf has at least 1 / this of the films of an average cluster
_DROPS = 3  # further moves at most, if clusters have become too small


@step("shape shelves")
def shape_shelves(run: RunContext, points: Refs, parts: NamingParts, clusters: Clusters) -> Shelves:
    """Move films to near clusters of whose likely names more is true of them; return the clusters.

    In each round, names are proposed for the clusters as they are, films move, and each centroid
    becomes the mean of its films. The rounds take place on the training films; then all films are
    assigned by the same rule, and settled: see `settle_shelves`.
    """
    trained = run.training(points)
    assigned, centroids = clusters.assignments[:trained], run.read(clusters.centroids)
    section = cluster.adapt(run.settings.cluster, sum(ref.rows or 0 for ref in assigned))
    margins = run.read(assigned, ["margin"]).column("margin").to_numpy()
    weights = move_weights(margins[~np.isnan(margins)])
    moves = _Moves(run, parts, weights, section)
    sure = margin_weights(margins, weights["unit"])
    for number in range(1, _ROUNDS + 1):
        key, final = f"round-{number}", number == _ROUNDS
        proposals = propose_names(run, key, parts, assigned, sure, len(centroids), final=final)
        moved, centroids, _ = moves.without_small(
            key, points[:trained], centroids, pull_of(proposals)
        )
        assigned = moved.refs("assignments")
        sure = run.read(moved.refs("weights")).column("weight").to_numpy()
    proposals = propose_names(run, "settled", parts, assigned, sure, len(centroids), final=True)
    named = np.setdiff1d(np.arange(len(centroids)), nameless_clusters(proposals, len(centroids)))
    centroids, pull = renumbered(centroids, named), pull_of(proposals, SHARP)
    stronger = {kind: _LAST * weight for kind, weight in weights.items() if kind != "unit"}
    last = replace(moves, weights={**weights, **stronger})
    result, _, centroids = last.without_small("all", points, centroids, select_pull(pull, named))
    similarity = run.read(result.refs("assignments"), ["similarity"]).column(0)
    moved_films = Moved(
        result.refs("assignments"),
        centroids,
        run.read(result.refs("weights")).column("weight").to_numpy(),
        weights["unit"],
        ShelfLimits(
            reach=_REACH * weights["unit"],
            near_enough=_quantile(similarity, 0.5),
            untagged=_quantile(similarity, 0.25),
        ),
        last.least,
        int(section.leaf_films),
    )
    return settle_shelves(run, clusters, points, parts, moved_films)


@dataclass(frozen=True)
class _Moves:
    """How films move.

    Attributes
    ----------
    run : RunContext
        The run.
    parts : NamingParts
        What names consist of.
    weights : dict of str to float
        Weights of true parts, see `move_films`.
    section : ClusterSettings
        Sizes of clusters.
    """

    run: RunContext
    parts: NamingParts
    weights: dict[str, float]
    section: ClusterSettings

    @property
    def least(self) -> int:
        """Fewest films of a shelf with a theme."""
        return max(int(self.section.min_films), int(self.section.leaf_films) // _LEAST_THEME)

    def move(
        self, key: str, points: Refs, centroids: pa.Table, pull: pa.Table
    ) -> tuple[StageResult, pa.Table, np.ndarray]:
        """Assign films once; return the result, and the means and numbers of films by cluster."""
        shared = {
            "centroids": (self.run.put("moved-centroids", key, centroids),),
            "pull": (self.run.put("pull", key, pull),),
        }
        count = len(points)
        pieces = piece_per_partition(
            ("points", points),
            ("film_parts", self.parts.film_parts[:count]),
            ("facets", self.parts.facets[:count]),
        )
        constants = {"width": self.parts.width, "weights": self.weights}
        moved = self.run.stage(
            move_films, add_to_all(pieces, shared, constants), name=f"move-films-{key}", shown=False
        )
        return moved, *mean_points(map(self.run.read, moved.refs("sums")), centroids)

    def without_small(
        self, key: str, points: Refs, centroids: pa.Table, pull: pa.Table
    ) -> tuple[StageResult, pa.Table, pa.Table]:
        """Assign films, without clusters that are too small.

        Returns
        -------
        moved : StageResult
            The assignments of the films.
        means, centroids : pa.Table
            CENTROIDS after and before the move.
        """
        for attempt in count():
            moved, means, films = self.move(f"{key}-{attempt}", points, centroids, pull)
            # after some attempts, only clusters without any film are dropped
            least = self.least if attempt < _DROPS else 1
            if films.min() >= min(least, films.max()):
                return moved, means, centroids
            large = np.flatnonzero(films >= least)
            centroids, pull = renumbered(centroids, large), select_pull(pull, large)
        raise AssertionError("unreachable")


def _quantile(values: pa.ChunkedArray, share: float) -> float:
    """A quantile of the values, without nulls; 0 if there are none."""
    known = values.drop_null().to_numpy()
    return float(np.quantile(known, share)) if len(known) else 0.0
