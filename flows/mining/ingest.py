"""The first steps: catalogues to clean movies and the text to embed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from flows.events import StageStarted, emit
from flows.runtime.context import Run
from flows.runtime.tasks import Refs, each, step
from pipeline.cleaning.clean import clean
from pipeline.execution.runner import StageResult
from pipeline.features.text import features
from pipeline.ingest.partition import PartitionedCatalogue, read_catalogue

__all__ = ["clean_movies", "extract_features", "read_sources"]


@step("read sources")
def read_sources(run: Run, sources: Sequence[str], limit: int | None) -> PartitionedCatalogue:
    """Catalogues to partitions of movies, cut by a hash of the film's id."""
    emit(StageStarted("sources"))
    started = time.perf_counter()
    intake = read_catalogue(run.store, sources, run.settings.source, limit=limit, resume=run.resume)
    rows = [{"partition": n, "rows": ref.rows} for n, ref in enumerate(intake.partitions)]
    run.told("sources", time.perf_counter() - started, rows, f"{intake.rows_in:,} rows")
    return intake


@step("clean movies")
def clean_movies(run: Run, intake: PartitionedCatalogue) -> StageResult:
    """Movies to clean movies and rejects."""
    return run.stage(clean, each(("movies", intake.partitions)), settings=run.settings.clean)


@step("extract features")
def extract_features(run: Run, movies: Refs) -> StageResult:
    """Clean movies to the text to embed, its numbers, and counts of keywords."""
    return run.stage(features, each(("movies", movies)), settings=run.settings.features)
