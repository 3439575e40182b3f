"""How a mining goes on from the release before: which micro-genres it knows, by which names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from flows.mining.cluster import Clusters
from flows.runtime.context import Run
from pipeline.lineage.matching import Grouping, Match, lineage, match, no_match
from pipeline.lineage.previous_release import Predecessor, predecessor
from pipeline.schemas.lineage import LINEAGE
from pipeline.schemas.vectors import matrix_of

__all__ = ["Succession", "goes_on"]


@dataclass(frozen=True)
class Succession:
    """What a mining takes over.

    Attributes
    ----------
    before : the release that it follows, if any. ever : every id that the folder has given.
    """

    before: Predecessor | None
    match: Match
    ever: frozenset[str]

    @property
    def ids_before(self) -> list[str]:
        """By cluster of the release before."""
        return [] if self.before is None else [told for told, _ in self.before.told]

    @property
    def names(self) -> Mapping[int, tuple[str, Sequence[str]]]:
        """Name and keywords that each micro-genre had, by cluster now."""
        if self.before is None:
            return {}
        labels = self.before.labels
        return {
            new: (labels[old]["micro_genre_name"], labels[old]["keywords"])
            for new, old in self.match.goes_on.items()
        }

    @property
    def generation(self) -> int:
        """0 for the first release of a folder."""
        return 0 if self.before is None else self.before.generation + 1

    def lineage(self, run: Run, now: Sequence[tuple[str, str]]) -> pa.Table:
        """LINEAGE of the new release; `now` is (id, name) by cluster."""
        before = self.before
        told, ended = ([], LINEAGE.empty_table()) if before is None else (before.told, before.ended)
        return lineage(self.match, told, now, ended, self.generation, run.settings.identity)


def goes_on(run: Run, clusters: Clusters) -> Succession:
    """Match the new clusters with the micro-genres of the release before."""
    centroids = matrix_of(run.read(clusters.centroids))
    before, ever = predecessor(run.store)
    if before is None:
        return Succession(None, no_match(len(centroids)), ever)
    assigned = run.read(clusters.assignments, ["movie_id", "cluster"])
    now = Grouping(
        assigned.column("movie_id").to_pylist(),
        assigned.column("cluster").to_numpy().astype(np.int64),
        centroids,
    )
    return Succession(before, match(before.films, now, run.settings.identity), ever)
