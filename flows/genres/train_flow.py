"""The recipe: a catalogue of films to trained, measured and registered classifiers of genres."""

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
from flows.runtime.session import opened
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
) -> dict[str, Any]:
    """Learn genres from a catalogue of films.

    Args:
        sources: Catalogues, each `sample`, `files:PATH` or `tmdb:FOLDER`.
        out: Folder that takes the work and, under `genres`, the models.
        models: Which models, such as `transformation`, `adaptation`, `transformer` or `blend`.
        inputs: What they read: `title`, `description` or `both`; several make a model of each.
        folds: Train each model on every fold of a cross-validation too.
        fill: A catalogue with descriptions for films that lack one.
        here: Train in the flow's process with all its cores, one model after the other.
        seconds: Stop fine-tuning after so many; the same run goes on from there.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        limit: Learn from a sample of this many films.
        wait_minutes: How long to wait for another run on the same folder before giving up.

    Returns:
        The registry of the models.
    """
    plan = Plan.of(models, inputs, folds=folds, fill=fill, here=here, seconds=seconds)
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    about = {"flow": "genres", "sources": sources, "profile": profile, "limit": limit}
    with opened(out, settings, about, wait_minutes=wait_minutes) as run:
        intake = read_sources(run, sources, limit)
        merged = merge_films(run, intake, plan.fill)
        cleaned = clean_films(run, merged)
        texts = label_films(run, intake, cleaned)
        vectors = embed_films(run, texts, plan)
        films, files = divide_films(run, texts, vectors, plan)
        trained = train_models(run, films, files, plan)
        return register_models(run, trained)


def learn_genres(
    sources: list[str], out: str, models: list[str], inputs: list[str], **chosen: Any
) -> dict[str, Any]:
    """Run `genres_flow` under the Prefect server of PREFECT_API_URL, or an embedded one.

    Parameters
    ----------
    chosen : other parameters of the flow, by name.
    """
    given = {"sources": sources, "out": out, "models": models, "inputs": inputs, **chosen}
    found: dict[str, Any] = launch_served(genres_flow, Path(out), given)
    return found
