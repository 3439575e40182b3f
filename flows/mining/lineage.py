"""The step that matches new clusters with the micro-genres of the previous release."""

from __future__ import annotations

from flows.mining.cluster import Clusters
from flows.runtime.context import RunContext
from pipeline.lineage.continuation import Continuation, continue_release, start_lineage
from pipeline.lineage.previous_release import find_previous_release

__all__ = ["match_previous_release"]


def match_previous_release(run: RunContext, clusters: Clusters) -> Continuation:
    """Find the previous release of the folder and match the new clusters with it."""
    previous, known_ids = find_previous_release(run.store.releases)
    centroids = run.read(clusters.centroids)
    if previous is None:
        return start_lineage(len(centroids), known_ids)
    assignments = run.read(clusters.assignments, ["movie_id", "cluster"])
    return continue_release(previous, known_ids, assignments, centroids, run.settings.identity)
