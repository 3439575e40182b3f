"""The results of the steps of a mining, from which the last step builds the release."""

from __future__ import annotations

from typing import Any

from flows.mining.checks import ClusterChecks, FilmMap
from flows.mining.cluster import Clusters
from flows.mining.label import MicroGenreNames
from flows.mining.naming_parts import NamingParts
from flows.runtime.tasks import Refs
from pipeline.execution.runner import StageResult
from pipeline.ingest.partition import PartitionedCatalogue
from pipeline.schemas.reading_summary import ReadingSummary
from pipeline.schemas.release_manifest import ShelfLimits

__all__ = ["Mined"]


class Mined:
    """The results of all steps; a plain object, so that Prefect does not inspect it."""

    known_sources: tuple[str, ...]
    intake: PartitionedCatalogue
    cleaned: StageResult
    reading: ReadingSummary
    languages: Refs
    features: StageResult
    embeddings: Refs
    points: Refs
    placed_by: dict[str, Refs]
    parts: NamingParts
    clusters: Clusters
    checks: ClusterChecks
    limits: ShelfLimits
    film_map: FilmMap
    named: MicroGenreNames
    neighbours: Refs
    index: Any
    neighbour_figures: dict[str, Any]
    embedding_figures: dict[str, Any]
