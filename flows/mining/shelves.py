"""The steps that make shelves of clusters: names and moves of films in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pyarrow as pa

from flows.mining.cluster import Clusters
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, piece_per_partition, step
from pipeline import label
from pipeline.execution.runner import Piece, StageResult
from pipeline.fileio.manifest import FileRef
from pipeline.label.shelves import (
    choose_shelf_names,
    mean_points,
    move_films,
    move_weights,
    propose_shelf_names,
    renumbered,
)
from pipeline.schemas.name_parts import NameParts, shelf_table

__all__ = ["NamingParts", "propose_names", "shape_shelves"]

_ROUNDS = 3
_DROPS = 3  # further rounds at most, if clusters have become too small
_CLUSTERS_PER_PIECE = 32  # of the stage `shelf-names`


@dataclass(frozen=True)
class NamingParts:
    """What names consist of.

    Attributes
    ----------
    vocabulary : FileRef
        PARTS.
    film_parts : tuple of FileRef
        FILM_PARTS of each partition.
    films : int
        Number of films of the catalogue.
    """

    vocabulary: FileRef
    film_parts: Refs
    films: int

    @property
    def width(self) -> int:
        """Number of parts."""
        return self.vocabulary.rows or 0


@step("shape shelves")
def shape_shelves(
    run: RunContext, points: Refs, parts: NamingParts, clusters: Clusters
) -> Clusters:
    """Move films to near clusters whose name is true of them; return the new clusters.

    In each round, names are proposed for the clusters as they are, films move, and each centroid
    becomes the mean of its films. The rounds take place on the training films; then all films are
    assigned by the same rule.
    """
    trained = run.training(points)
    assigned, centroids = clusters.assignments[:trained], run.read(clusters.centroids)
    margins = run.read(assigned, ["margin"]).column("margin").drop_null().to_numpy()
    moves = _Moves(run, parts, move_weights(margins), run.settings.cluster.min_films)
    names: list[NameParts] = []
    for number in range(1, _ROUNDS + 1):
        key = f"round-{number}"
        proposals = propose_names(run, key, parts, assigned, len(centroids), final=False)
        names = choose_shelf_names(proposals, len(centroids))
        moved, centroids, films = moves.move(key, points[:trained], centroids, names)
        assigned = moved.refs("assignments")
        if number < _ROUNDS and films.min() < moves.least:
            # their films join others in the next round; the last one is followed by `settle`
            assigned, centroids, names = moves.settle(
                f"{key}-rest", points[:trained], centroids, names
            )
    assigned, centroids, _ = moves.settle("all", points, centroids, names)
    return replace(
        clusters,
        assignments=assigned,
        centroids=run.put("shelf-centroids", "all", centroids),
    )


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
    least : int
        Fewest films of a cluster.
    """

    run: RunContext
    parts: NamingParts
    weights: dict[str, float]
    least: int

    def move(
        self, key: str, points: Refs, centroids: pa.Table, names: Sequence[NameParts]
    ) -> tuple[StageResult, pa.Table, np.ndarray]:
        """Assign films once; return the result, and the means and numbers of films by cluster."""
        shared = {
            "centroids": (self.run.put("shelf-centroids", key, centroids),),
            "shelves": (self.run.put("shelves", key, shelf_table(names)),),
        }
        pieces = piece_per_partition(
            ("points", points), ("film_parts", self.parts.film_parts[: len(points)])
        )
        constants = {"width": self.parts.width, "weights": self.weights}
        moved = self.run.stage(
            move_films, add_to_all(pieces, shared, constants), name=f"move-films-{key}", shown=False
        )
        return moved, *mean_points(map(self.run.read, moved.refs("sums")), centroids)

    def settle(
        self, key: str, points: Refs, centroids: pa.Table, names: Sequence[NameParts]
    ) -> tuple[Refs, pa.Table, list[NameParts]]:
        """Assign films until no cluster is too small; return assignments, centroids and names.

        Clusters are numbered by their films, the largest first.
        """
        names = list(names)
        for attempt in count():
            moved, _, films = self.move(f"{key}-{attempt}", points, centroids, names)
            # after some attempts, only clusters without any film are dropped
            least = self.least if attempt < _DROPS else 1
            if films.min() >= min(least, films.max()):
                return moved.refs("assignments"), centroids, names
            order = np.argsort(-films, kind="stable")
            order = order[films[order] >= least]
            centroids = renumbered(centroids, order)
            names = [names[row] for row in order.tolist()]
        raise AssertionError("unreachable")


def propose_names(
    run: RunContext, key: str, parts: NamingParts, assigned: Refs, k: int, *, final: bool
) -> pa.Table:
    """Propose names for all clusters; return PROPOSED_NAMES.

    Parameters
    ----------
    run : RunContext
        The run.
    key : str
        What distinguishes these proposals from others of the run.
    parts : NamingParts
        What names consist of.
    assigned : tuple of FileRef
        ASSIGNMENTS of the first partitions, or of all.
    k : int
        Number of clusters.
    final : bool
        See `propose_shelf_names`.
    """
    own = run.read(parts.film_parts[: len(assigned)], ["parts"]).column("parts")
    clusters = run.read(assigned, ["cluster"]).column("cluster")
    members = pa.table([clusters, own], names=["cluster", "parts"])
    pieces = []
    for number, group in enumerate(label.split_clusters(members, k, _CLUSTERS_PER_PIECE)):
        piece = f"g{number:05d}"
        inputs = {
            "members": (run.put(f"shelf-members-{key}", piece, group),),
            "parts": (parts.vocabulary,),
        }
        pieces.append(Piece(piece, inputs, {"films": parts.films, "final": final}))
    result = run.stage(propose_shelf_names, pieces, name=f"shelf-names-{key}", shown=False)
    return run.read(result.refs("proposals"))
