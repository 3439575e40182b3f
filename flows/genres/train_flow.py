"""The recipe: train, measure and register genre classifiers on a catalogue of films."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from flows.genres.prepare import (
    Plan,
    clean_films,
    divide_films,
    embed_films,
    label_films,
    merge_films,
)
from flows.genres.train import register_models, train_models
from flows.mining.ingest import read_sources
from flows.runtime.launch import launch_served
from flows.runtime.session import open_run
from pipeline.genres.training.documents import Registry
from pipeline.settings import load_settings

__all__ = ["genres_flow", "learn_genres"]


@flow(name="genres", flow_run_name="genres into {out}", validate_parameters=False)
def genres_flow(
    sources: list[str],
    out: str,
    models: list[str],
    inputs: list[str],
    folds: bool = False,
    fill: str | None = None,
    here: bool = False,
    seconds: float | None = None,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    limit: int | None = None,
    wait_minutes: float = 0.0,
) -> Registry:
    """Learn genres from a catalogue of films.

    Args:
        sources: Catalogues, each `sample`, `files:PATH` or `tmdb:FOLDER`.
        out: Output folder of the run; the models are in its folder `genres`.
        models: Models to train, such as `transformation`, `adaptation`, `transformer` or `blend`.
        inputs: What the models read: `title`, `description` or `both`; one model for each.
        folds: Also train each model on every fold of a cross-validation.
        fill: A source with descriptions for films that lack one.
        here: Train in the flow's process with all its cores, one model after the other.
        seconds: Stop fine-tuning after N seconds; the same run resumes from there.
        profile: Name of a settings profile.
        settings_file: TOML file with your own settings.
        overrides: Settings by section.
        limit: Learn from a sample of N films only.
        wait_minutes: How long to wait for another run on the same folder before giving up.

    Returns:
        The registry of the models.
    """
    plan = Plan.of(models, inputs, folds=folds, fill=fill, here=here, seconds=seconds)
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    about = {"flow": "genres", "sources": sources, "profile": profile, "limit": limit}
    with open_run(out, settings, about, wait_minutes=wait_minutes) as run:
        intake = read_sources(run, sources, limit)
        merged = merge_films(run, intake, plan.fill)
        cleaned = clean_films(run, merged)
        films = label_films(run, intake, cleaned)
        vectors = embed_films(run, films, plan)
        films_file, vector_files = divide_films(run, films, vectors)
        trained = train_models(run, films_file, vector_files, plan)
        return register_models(run, trained)


def learn_genres(
    sources: list[str], out: str, models: list[str], inputs: list[str], **chosen: Any
) -> Registry:
    """Run `genres_flow` under the Prefect server of PREFECT_API_URL, or an embedded one.

    Parameters
    ----------
    sources, out, models, inputs
        See `genres_flow`.
    **chosen
        Other parameters of the flow, by name.

    Returns
    -------
    Registry
        The registry of the models.
    """
    parameters = {"sources": sources, "out": out, "models": models, "inputs": inputs, **chosen}
    registry: Registry = launch_served(genres_flow, Path(out), parameters)
    return registry
