"""The first steps of a mining: catalogues to clean movies, and to the text to embed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from flows.events import StageStarted, emit
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, piece_per_partition, step
from pipeline.cleaning.clean import clean
from pipeline.execution.runner import StageResult
from pipeline.features import text
from pipeline.ingest.partition import PartitionedCatalogue, read_catalogue

__all__ = ["clean_movies", "extract_features", "read_sources"]


@step("read sources")
def read_sources(
    run: RunContext, sources: Sequence[str], limit: int | None
) -> PartitionedCatalogue:
    """Read catalogues into partitions of movies, cut by a hash of the film's id."""
    emit(StageStarted("sources"))
    started = time.perf_counter()
    intake = read_catalogue(
        run.store.work, sources, run.settings.source, limit=limit, resume=run.resume
    )
    rows = [{"partition": n, "rows": ref.rows} for n, ref in enumerate(intake.partitions)]
    run.show("sources", time.perf_counter() - started, rows, f"{intake.rows_in:,} rows")
    return intake


@step("clean movies")
def clean_movies(run: RunContext, intake: PartitionedCatalogue) -> StageResult:
    """Clean the movies; rows that cannot be used become rejects."""
    return run.stage(
        clean, piece_per_partition(("movies", intake.partitions)), settings=run.settings.clean
    )


@step("extract features")
def extract_features(run: RunContext, movies: Refs) -> StageResult:
    """Extract the text to embed, its numbers, and counts of keywords from clean movies."""
    return run.stage(
        text.extract_features,
        piece_per_partition(("movies", movies)),
        settings=run.settings.features,
    )
