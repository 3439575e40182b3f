"""The flows of ratings: train a recommender, ingest batches, monitor drift, retrain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import flow

from flows.events import Note, emit
from flows.runtime.session import hold_folder
from flows.runtime.tasks import step
from pipeline.fileio.atomic import write_bytes
from pipeline.recommend import FOLDER
from pipeline.recommend.data.explore import RatingStatistics, explore
from pipeline.recommend.data.films import Films, link_films
from pipeline.recommend.data.ingest import PreparedRatings, prepare
from pipeline.recommend.data.tag_genome import reduce_genome
from pipeline.recommend.data.temporal_split import select_between, split_by_week, week_name
from pipeline.recommend.documents import BatchResult, MonitorResult, RetrainResult, TrainedVersion
from pipeline.recommend.lifecycle.batches import (
    ingest_by_week,
    list_rating_files,
    read_ratings_file,
)
from pipeline.recommend.lifecycle.champion import RecommenderLifecycle
from pipeline.recommend.lifecycle.database import UpkeepDatabase, database_url
from pipeline.recommend.lifecycle.monitor import monitor as check_batches
from pipeline.release.lookup import find_release
from pipeline.settings import Settings, load_settings
from pipeline.sources.movielens.source import MovieLens
from pipeline.storage.store import Store

__all__ = [
    "ingest_ratings",
    "link_rated_films",
    "monitor",
    "open_lifecycle",
    "prepare_ratings",
    "retrain",
    "train_ratings",
]

_BUFFER = "buffer"  # first word of the name of a batch that comes from the prepared ratings


@contextmanager
def open_lifecycle(out: str, settings: Settings) -> Iterator[RecommenderLifecycle]:
    """Open the recommender of an output folder, and its database.

    Parameters
    ----------
    out : str
        The output folder.
    settings : Settings
        Settings of the recommender and its upkeep.

    Yields
    ------
    RecommenderLifecycle
        Its database is closed afterwards.
    """
    folder = Path(out) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    database = UpkeepDatabase(database_url(folder, settings.upkeep))
    try:
        yield RecommenderLifecycle(
            folder, database, settings.recommend, settings.upkeep, settings.seed
        )
    finally:
        database.close()


@contextmanager
def _lock_and_open(
    out: str, settings: Settings, what: str, wait_minutes: float
) -> Iterator[RecommenderLifecycle]:
    store, wait = Store(Path(out)), 60 * wait_minutes
    with (
        hold_folder(store, settings.log, {"flow": what}, wait_seconds=wait),
        open_lifecycle(out, settings) as lifecycle,
    ):
        yield lifecycle


@step("prepare ratings")
def prepare_ratings(out: str, source: str) -> PreparedRatings:
    """Convert ratings in any layout of MovieLens to Parquet in `DIR/ratings`, unless done already.

    Says at the terminal how the files are read, and how many rows are rejected.

    Parameters
    ----------
    out : str
        The output folder.
    source : str
        Folder or zip archive of MovieLens, or a file of ratings beside its list of films.
    """
    prepared = prepare(Path(source), Path(out) / FOLDER / "data")
    manifest = prepared.manifest
    for note in manifest.notes:
        emit(Note(note))
    if manifest.rejected:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in manifest.rejects.items())
        emit(Note(f"{manifest.rejected:,} of {manifest.rows_in:,} ratings are rejected: {reasons}"))
    return prepared


@step("link films")
def link_rated_films(
    prepared: PreparedRatings, source: str, release: str | None, settings: Settings
) -> Films:
    """Return the rated films with their tag genome, and the vectors and micro-genres of a release.

    Parameters
    ----------
    prepared : PreparedRatings
        The ratings.
    source : str
        Folder with the files of MovieLens.
    release : str or None
        A release, or an output folder with one.
    settings : Settings
        Settings of the run.
    """
    movielens = MovieLens(Path(source))
    genome = None
    if movielens.has_genome:
        reduced = reduce_genome(
            movielens.genome(), settings.recommend.genome_components, settings.seed
        )
        genome = reduced.films
        explained = float(reduced.explained.sum())
        emit(
            Note(
                f"tag genome: {len(reduced.explained)} components explain {explained:.1%} "
                "of the variance"
            )
        )
    place = None if release is None else find_release(Path(release))
    return link_films(prepared.films(), place, genome)


@step("explore ratings")
def _explore(prepared: PreparedRatings, films: Films, folder: Path) -> RatingStatistics:
    statistics = explore(prepared.ratings(), films)
    write_bytes(folder / "explored.json", (json.dumps(statistics, indent=1) + "\n").encode())
    return statistics


@flow(name="ratings", flow_run_name="ratings into {out}", validate_parameters=False)
def train_ratings(
    source: str,
    out: str,
    release: str | None = None,
    model: str = "hybrid",
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> TrainedVersion:
    """Prepare ratings in any layout of MovieLens; train, evaluate and serve a recommender.

    Args:
        source: Folder or zip archive of MovieLens, or a file of ratings beside its films.
        out: Output folder; the results are in its folder `ratings`.
        release: A release, or an output folder with one. Films get its vectors and micro-genres.
        model: Name of the model.
        profile: Name of a profile of settings.
        settings_file: A TOML file with your own settings.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder.

    Returns:
        The version that is now served, the number of linked films, and warnings.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    with _lock_and_open(out, settings, "ratings", wait_minutes) as lifecycle:
        prepared = prepare_ratings(out, source)
        films = link_rated_films(prepared, source, release, settings)
        found = _explore(prepared, films, lifecycle.folder)
        ways = f"{found['linked_by_id']:,} by id, {found['linked_by_title']:,} by title and year"
        linked = f"{found['films_linked']:,} of {found['films']:,} films are linked"
        emit(Note(f"{found['ratings']:,} ratings" + (f"; {linked}: {ways}" if release else "")))
        for warning in found["warnings"]:
            emit(Note(f"warning: {warning}"))
        trained = step("train")(lifecycle.train)(prepared, films, model, found["warnings"])
    return {**trained, "films_linked": found["films_linked"], "warnings": found["warnings"]}


@flow(name="ingest ratings", flow_run_name="batches into {out}", validate_parameters=False)
def ingest_ratings(
    out: str,
    files: list[str],
    buffered_weeks: int = 0,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> list[BatchResult]:
    """Ingest files of ratings, or the next weeks that the first training left out.

    Args:
        out: The output folder.
        files: Files of ratings in any layout of MovieLens, or folders with such files.
            A batch that was ingested before is not ingested again.
        buffered_weeks: Number of weeks that the first training left out to ingest.
        profile: Name of a profile of settings.
        settings_file: A TOML file with your own settings.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder.

    Returns:
        One entry per week.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    results: list[BatchResult] = []
    with _lock_and_open(out, settings, "ingest ratings", wait_minutes) as lifecycle:
        folder, database = lifecycle.folder, lifecycle.database
        for file in list_rating_files(files):
            ratings, rejected = read_ratings_file(file)
            results += ingest_by_week(folder, database, file.name, ratings, rejected)
        if buffered_weeks:
            results += _ingest_buffered(lifecycle, buffered_weeks)
    return results


def _ingest_buffered(lifecycle: RecommenderLifecycle, count: int) -> list[BatchResult]:
    _, about = lifecycle.served_version()
    whole = lifecycle.prepared_ratings(about).whole()
    ingested = {
        row["week"] for row in lifecycle.database.ingestions() if row["name"].startswith(_BUFFER)
    }
    results: list[BatchResult] = []
    for start, part in split_by_week(select_between(whole, about.known_before, None)):
        week = week_name(start)
        if len(results) < count and week not in ingested:
            results += ingest_by_week(
                lifecycle.folder, lifecycle.database, f"{_BUFFER} {week}", part, {}
            )
    return results


@flow(name="monitor ratings", flow_run_name="drift in {out}", validate_parameters=False)
def monitor(
    out: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> list[MonitorResult]:
    """Check the batches that were not checked yet for drift and for larger errors.

    Args:
        out: The output folder.
        profile: Name of a profile of settings.
        settings_file: A TOML file with your own settings.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder.

    Returns:
        One entry per check.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    with _lock_and_open(out, settings, "monitor ratings", wait_minutes) as lifecycle:
        return step("check batches")(check_batches)(lifecycle)


@flow(name="retrain", flow_run_name="retrain in {out}", validate_parameters=False)
def retrain(
    out: str,
    force: bool = False,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> RetrainResult:
    """Train a new version if due, and serve it if it is better on the same later ratings.

    Args:
        out: The output folder.
        force: Train even if it is not due.
        profile: Name of a profile of settings.
        settings_file: A TOML file with your own settings.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder.

    Returns:
        Whether training was due, why, and whether the new version is served.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    with _lock_and_open(out, settings, "retrain", wait_minutes) as lifecycle:
        return step("retrain")(lifecycle.retrain)(force=force)
