"""The first steps of a mining: catalogues to clean movies, and to the text to embed.

What reading loses is printed, and stops the run if it is too much.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import pyarrow as pa

from flows.events import Note, StageStarted, emit
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, piece_per_partition, step
from pipeline.cleaning.clean import clean
from pipeline.cleaning.language import detect_languages, language_name
from pipeline.errors import SourceError
from pipeline.execution.runner import StageResult
from pipeline.features import text
from pipeline.ingest.losses import check_rejected_share, describe_reasons, summarise
from pipeline.ingest.partition import PartitionedCatalogue, read_catalogue
from pipeline.report.languages import foreign_languages_line
from pipeline.report.reading import reading_lines
from pipeline.schemas.reading_summary import ReadingSummary

__all__ = [
    "check_reading",
    "clean_movies",
    "extract_features",
    "find_languages",
    "read_sources",
    "sum_up_reading",
]


@step("read sources")
def read_sources(
    run: RunContext,
    sources: Sequence[str],
    limit: int | None,
    known_sources: Sequence[str] = (),
) -> PartitionedCatalogue:
    """Read catalogues into partitions of movies, cut by a hash of the film's id.

    `known_sources` are the names of the sources of the release before, whose ids its films keep.
    """
    emit(StageStarted("sources"))
    started = time.perf_counter()
    intake = read_catalogue(
        run.store.work,
        sources,
        run.settings.source,
        limit=limit,
        resume=run.resume,
        # a catalogue of one source has nothing to join: reading it again gives the same key
        known_sources=known_sources if len(sources) > 1 else (),
    )
    run.films = sum(ref.rows or 0 for ref in intake.partitions)
    rows = [{"partition": n, "rows": ref.rows} for n, ref in enumerate(intake.partitions)]
    run.show("sources", time.perf_counter() - started, rows, f"{intake.rows_in:,} rows")
    return intake


@step("clean movies")
def clean_movies(run: RunContext, intake: PartitionedCatalogue) -> StageResult:
    """Clean the movies; rows that cannot be used become rejects."""
    pieces = piece_per_partition(("movies", intake.partitions))
    cleaned = run.stage(clean, pieces, settings=run.settings.clean)
    run.films = cleaned.rows("movies")
    return cleaned


def sum_up_reading(
    run: RunContext,
    intake: PartitionedCatalogue,
    cleaned: StageResult,
    films: int,
    rejects: Sequence[pa.Table],
) -> ReadingSummary:
    """Sum up what reading lost, and print it.

    Parameters
    ----------
    run : RunContext
        The run.
    intake : PartitionedCatalogue
        The catalogue that was read.
    cleaned : StageResult
        Its cleaned rows.
    films : int
        Number of films after cleaning.
    rejects : sequence of pa.Table
        All REJECTS of the catalogue.
    """
    losses = [run.read(intake.losses), run.read(cleaned.refs("losses"))]
    summary = summarise(intake, films, rejects, losses)
    for line in reading_lines(summary):
        emit(Note(line))
    return summary


def check_reading(summary: ReadingSummary, max_rejected_share: float) -> None:
    """Stop a run that lost too many rows, or has no film.

    Raises
    ------
    SourceError
        The message has the three most frequent reasons, each with an example.
    """
    check_rejected_share(summary, max_rejected_share)
    if not summary.films:
        raise SourceError(f"every row is rejected: {describe_reasons(summary)}")


@step("find languages")
def find_languages(run: RunContext, movies: Refs) -> Refs:
    """Detect the language of each overview; warn if the model does not read most of them."""
    found = run.stage(detect_languages, piece_per_partition(("movies", movies)), shown=False)
    languages = found.refs("languages")
    warning = foreign_languages_line(
        run.read(languages, ["text_language"]), run.settings.embed.model, language_name
    )
    if warning is not None:
        emit(Note(f"warning: {warning}"))
    return languages


@step("extract features")
def extract_features(run: RunContext, movies: Refs) -> StageResult:
    """Extract the text to embed, its numbers, and counts of keywords from clean movies."""
    return run.stage(
        text.extract_features,
        piece_per_partition(("movies", movies)),
        settings=run.settings.features,
    )
