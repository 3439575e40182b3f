"""The recipes of ratings: learn a recommender, ingest batches, watch for drift, learn anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import flow

from flows.events import Note, emit
from flows.runtime.session import under_way
from flows.runtime.tasks import step
from pipeline.fileio.atomic import write_bytes
from pipeline.recommend import FOLDER
from pipeline.recommend.data.explore import explore
from pipeline.recommend.data.films import Films, films_of
from pipeline.recommend.data.ingest import Prepared, prepare
from pipeline.recommend.data.tag_genome import reduce
from pipeline.recommend.data.temporal_split import between, week_name, weeks
from pipeline.recommend.lifecycle.batches import ingest, rating_files, ratings_file
from pipeline.recommend.lifecycle.champion import Keeper
from pipeline.recommend.lifecycle.database import Record, record_url
from pipeline.recommend.lifecycle.monitor import monitor as judge_batches
from pipeline.release.lookup import find_release
from pipeline.settings import Settings, load_settings
from pipeline.sources.movielens.source import MovieLens
from pipeline.storage.work_store import Store

__all__ = ["keeper", "linked_films", "prepared_ratings"]


@contextmanager
def keeper(out: str, settings: Settings) -> Iterator[Keeper]:
    """What upkeep works on, its record opened."""
    folder = Path(out) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    record = Record(record_url(folder, settings.upkeep))
    try:
        yield Keeper(folder, record, settings.recommend, settings.upkeep, settings.seed)
    finally:
        record.close()


@contextmanager
def _opened(out: str, settings: Settings, what: str, wait_minutes: float) -> Iterator[Keeper]:
    store, wait = Store(Path(out)), 60 * wait_minutes
    with (
        under_way(store, settings.log, {"flow": what}, wait_seconds=wait),
        keeper(out, settings) as kept,
    ):
        yield kept


@step("prepare ratings")
def prepared_ratings(out: str, source: str) -> Prepared:
    """The ratings of a MovieLens folder as Parquet in `DIR/ratings`; what is there is taken."""
    return prepare(Path(source), Path(out) / FOLDER / "data")


@step("link films")
def linked_films(prepared: Prepared, source: str, release: str | None, settings: Settings) -> Films:
    """The films that are rated, with their tag genome and what a release knows of them."""
    movielens = MovieLens(Path(source))
    genome = None
    if movielens.has_genome:
        made = reduce(movielens.genome(), settings.recommend.genome_components, settings.seed)
        genome = made.films
        kept_share = float(made.explained.sum())
        emit(Note(f"tag genome: {len(made.explained)} components keep {kept_share:.1%}"))
    place = None if release is None else find_release(Path(release))
    return films_of(prepared.films(), place, genome)


@step("explore ratings")
def _explored(prepared: Prepared, films: Films, folder: Path) -> dict[str, Any]:
    told = explore(prepared.ratings(), films)
    write_bytes(folder / "explored.json", (json.dumps(told, indent=1) + "\n").encode())
    return told


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
) -> dict[str, Any]:
    """Prepare the ratings of a MovieLens folder, learn a recommender, measure and serve it.

    Args:
        source: A folder of MovieLens.
        out: Folder that takes the work, under `ratings`.
        release: A release, or the output folder of one, whose vectors and micro-genres films get.
        model: Which recommender.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder before giving up.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    with _opened(out, settings, "ratings", wait_minutes) as kept:
        prepared = prepared_ratings(out, source)
        films = linked_films(prepared, source, release, settings)
        told = _explored(prepared, films, kept.folder)
        emit(Note(f"{told['ratings']:,} ratings; {told['films_linked']:,} films are linked"))
        return step("learn")(kept.first)(prepared, films, model)


@flow(name="ingest ratings", flow_run_name="batches into {out}", validate_parameters=False)
def ingest_ratings(
    out: str,
    files: list[str],
    buffered_weeks: int = 0,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> list[dict[str, Any]]:
    """Ingest files of ratings, or the next weeks of those kept back from the first learning.

    Args:
        out: The output folder.
        files: CSV files of MovieLens's columns, or Parquet; or folders of such files. What was
            ingested before is known again.
        buffered_weeks: So many weeks that are kept back.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder before giving up.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    told: list[dict[str, Any]] = []
    with _opened(out, settings, "ingest ratings", wait_minutes) as kept:
        for file in rating_files(files):
            ratings, rejected = ratings_file(file)
            told += ingest(kept.folder, kept.record, file.name, ratings, rejected)
        if buffered_weeks:
            told += _buffered(kept, buffered_weeks)
    return told


def _buffered(kept: Keeper, count: int) -> list[dict[str, Any]]:
    _, about = kept.served()
    later = between(kept.prepared(about).whole(), about["known_before"], None)
    there = {
        row["week"] for row in kept.record.rows("ingestions") if row["name"].startswith("buffer")
    }
    told: list[dict[str, Any]] = []
    for start, part in weeks(later):
        if len(told) < count and week_name(start) not in there:
            told += ingest(kept.folder, kept.record, f"buffer {week_name(start)}", part, {})
    return told


@flow(name="monitor ratings", flow_run_name="drift in {out}", validate_parameters=False)
def monitor(
    out: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> list[dict[str, Any]]:
    """Judge the batches that have not been judged yet.

    Args:
        out: The output folder.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder before giving up.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    with _opened(out, settings, "monitor ratings", wait_minutes) as kept:
        return step("judge batches")(judge_batches)(kept)


@flow(name="retrain", flow_run_name="learn anew in {out}", validate_parameters=False)
def retrain(
    out: str,
    force: bool = False,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> dict[str, Any]:
    """Learn anew when due; promote what was learnt if it is better on the same later ratings.

    Args:
        out: The output folder.
        force: Learn anew also when it is not due.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder before giving up.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    with _opened(out, settings, "retrain", wait_minutes) as kept:
        return step("learn anew")(kept.retrain)(force=force)
