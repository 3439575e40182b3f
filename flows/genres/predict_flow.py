"""The recipe: predict the genres of all films of a catalogue, in partitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from flows.mining.ingest import clean_movies, read_sources
from flows.runtime.context import RunContext
from flows.runtime.launch import launch_served
from flows.runtime.session import open_run
from flows.runtime.tasks import Refs, add_to_all, piece_per_partition, step
from pipeline.errors import ModelError
from pipeline.execution.runner import StageResult
from pipeline.genres.serving.predict_stage import fingerprint_model, predict
from pipeline.genres.training.persistence import read_manifest
from pipeline.genres.training.registry import FOLDER, choose_model, read_registry
from pipeline.settings import load_settings

__all__ = ["predict_catalogue", "predict_flow"]


@step("predict genres")
def predict_films(run: RunContext, movies: Refs, model: Path) -> StageResult:
    """Predict the genres of clean movies with one model."""
    embedder = read_manifest(model).about.embed
    dtype = "float32"  # of no use to a model that reads no vectors
    if embedder is not None:
        if embedder.revision != run.weights.revision:
            raise ModelError(
                f"genre model {model} learnt from vectors of {embedder.settings['model']!r}, but "
                f"embed.model is {run.weights.name!r}: set embed.model to the former"
            )
        dtype = embedder.dtype or run.dtype_choice.dtype
    constants = {
        "model": str(model),
        "mark": fingerprint_model(model),
        "revision": run.weights.revision,
        "dtype": dtype,
    }
    return run.stage(
        predict,
        add_to_all(piece_per_partition(("movies", movies)), {}, constants),
        settings=run.settings.embed,
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
        out: Output folder of the run.
        models: Output folder that contains the models, in `genres`.
        name: Model that predicts, such as `transformation`.
        profile: Name of a settings profile.
        settings_file: TOML file with your own settings.
        overrides: Settings by section.
        limit: Predict a sample of N films only.

    Returns:
        Parquet files of `predict_stage.PREDICTED`, one for each partition.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    folder = Path(models) / FOLDER
    model = folder / "models" / choose_model(read_registry(folder), name, "title", "overview")
    about = {"flow": "predict genres", "sources": sources, "profile": profile, "limit": limit}
    with open_run(out, settings, about) as run:
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
    """Run `predict_flow` under the Prefect server of PREFECT_API_URL, or an embedded one.

    Parameters
    ----------
    sources, out, models, name, profile, settings_file, overrides, limit
        See `predict_flow`.

    Returns
    -------
    list of str
        Parquet files of `predict_stage.PREDICTED`, one for each partition.
    """
    parameters = {
        "sources": sources,
        "out": out,
        "models": models,
        "name": name,
        "profile": profile,
        "settings_file": settings_file,
        "overrides": overrides,
        "limit": limit,
    }
    files: list[str] = launch_served(predict_flow, Path(out), parameters)
    return files
