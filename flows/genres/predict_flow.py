"""The recipe: the films of a catalogue to their predicted genres, in partitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from flows.mining.ingest import clean_movies, read_sources
from flows.runtime.context import Run
from flows.runtime.launch import launch_served
from flows.runtime.session import opened
from flows.runtime.tasks import Refs, each, step, with_all
from pipeline.errors import ModelError
from pipeline.execution.runner import StageResult
from pipeline.genres.serving.predict_stage import model_mark, predict
from pipeline.genres.training.persistence import read_manifest
from pipeline.genres.training.registry import FOLDER, choose, read_registry
from pipeline.settings import load_settings

__all__ = ["predict_catalogue", "predict_flow"]


@step("predict genres")
def predict_films(run: Run, movies: Refs, model: Path) -> StageResult:
    """Clean movies to their genres, with one model."""
    constants = {"model": str(model), "mark": model_mark(model), **run.model_constants}
    told = read_manifest(model)["about"].get("embed")
    if told is not None and told["revision"] != run.model.revision:
        raise ModelError(
            f"genre model {model} learnt from vectors of {told['settings']['model']!r}, and "
            f"embed.model is {run.model.name!r}: set the former"
        )
    return run.stage(
        predict, with_all(each(("movies", movies)), {}, constants), settings=run.settings.embed
    )


@flow(name="predict genres", flow_run_name="genres of a catalogue", validate_parameters=False)
def predict_flow(
    sources: list[str],
    out: str,
    models: str,
    name: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    limit: int | None = None,
) -> list[str]:
    """Predict the genres of a catalogue's films.

    Args:
        sources: Catalogues, each `sample` or `files:PATH`.
        out: Folder that takes the work.
        models: Folder whose `genres` holds the models.
        name: Which model answers, such as `transformation`.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        limit: Predict a sample of this many films.

    Returns:
        Parquet files of `predicting.PREDICTED`, one for each partition.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    folder = Path(models) / FOLDER
    model = folder / "models" / choose(read_registry(folder), name, "title", "overview")
    about = {"flow": "predict genres", "sources": sources, "profile": profile, "limit": limit}
    with opened(out, settings, about) as run:
        intake = read_sources(run, sources, limit)
        cleaned = clean_movies(run, intake)
        predicted = predict_films(run, cleaned.refs("movies"), model.absolute())
        return [str(run.store.root / ref.path) for ref in predicted.refs("predicted")]


def predict_catalogue(
    sources: list[str],
    out: str,
    models: str,
    name: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    limit: int | None = None,
) -> list[str]:
    """Run `predict_flow` under the Prefect server of PREFECT_API_URL, or an embedded one."""
    given = {
        "sources": sources,
        "out": out,
        "models": models,
        "name": name,
        "profile": profile,
        "settings_file": settings_file,
        "overrides": overrides,
        "limit": limit,
    }
    found: list[str] = launch_served(predict_flow, Path(out), given)
    return found
