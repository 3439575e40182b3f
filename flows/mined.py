"""What the steps of a mining hand to the last one, which makes the release."""

from __future__ import annotations

from typing import Any

from flows.clustering import Clusters
from flows.naming import Named
from flows.steps import Refs
from pipeline.intake import Intake
from pipeline.partitions import StageResult

__all__ = ["Mined"]


class Mined:
    """All that the steps before made; a plain object, so that Prefect does not look inside."""

    intake: Intake
    cleaned: StageResult
    features: StageResult
    embeddings: Refs
    points: Refs
    placed_by: dict[str, Refs]
    clusters: Clusters
    named: Named
    neighbours: Refs
    index: Any
    neighbour_figures: dict[str, Any]
    embedding_figures: dict[str, Any]
