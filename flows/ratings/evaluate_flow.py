"""The flow that compares recommenders; each is one piece of a stage on the cluster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow

from flows.events import Note, emit
from flows.ratings.flows import link_rated_films, prepare_ratings
from flows.runtime.context import RunContext
from flows.runtime.session import open_run
from flows.runtime.tasks import step
from pipeline.execution.runner import Piece
from pipeline.fileio.atomic import write_bytes
from pipeline.recommend import FOLDER
from pipeline.recommend.data.explore import explore
from pipeline.recommend.data.films import Films, film_metadata, films_to_table
from pipeline.recommend.data.ingest import PreparedRatings
from pipeline.recommend.data.temporal_split import find_boundaries, split_by_time
from pipeline.recommend.evaluation.evaluate import (
    Evaluation,
    compare_piece,
    compare_with,
    evaluation_from_table,
)
from pipeline.recommend.models.registry import MODELS, create_model
from pipeline.settings import load_settings

__all__ = ["evaluate_ratings"]

RESULTS = "evaluation.json"


@step("compare recommenders")
def _compare(
    run: RunContext, prepared: PreparedRatings, films: Films, models: Sequence[str]
) -> dict[str, Evaluation]:
    ratings = prepared.whole()
    settings = run.settings.recommend
    at = find_boundaries([ratings.column("timestamp").to_numpy()], settings)
    parts = split_by_time(ratings, at)
    shared = {
        "films": (run.put("recommend-films", "films", films_to_table(films)),),
        "earlier": (run.put("recommend-ratings", "earlier", parts["train"]),),
        "later": (run.put("recommend-ratings", "later", parts["test"]),),
    }
    constants = {"about": film_metadata(films), "seed": run.settings.seed}
    pieces = [Piece(name, shared, {"model": name, **constants}) for name in models]
    result = run.stage(compare_piece, pieces, settings=settings)
    tables = (run.read(ref) for ref in result.refs("measured"))
    return {name: evaluation_from_table(table) for name, table in zip(models, tables, strict=True)}


@flow(name="evaluate ratings", flow_run_name="recommenders in {out}", validate_parameters=False)
def evaluate_ratings(
    source: str,
    out: str,
    models: list[str],
    release: str | None = None,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> dict[str, object]:
    """Fit recommenders on the earliest ratings and evaluate them on later ones.

    Args:
        source: Folder or zip archive of MovieLens, or a file of ratings beside its films.
        out: Output folder; the figures are also written to `ratings/evaluation.json` in it.
        models: Names of the models; empty means all. The first is compared with each other model.
        release: A release, or an output folder with one. Films get its vectors and micro-genres.
        profile: Name of a profile of settings.
        settings_file: A TOML file with your own settings.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder.

    Returns:
        The figures of each model, by how much the first exceeds each other model, and warnings.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    names = list(dict.fromkeys(models or ["hybrid", *MODELS]))
    for name in names:
        create_model(name, settings.recommend)  # reports an unknown name before the run begins
    about = {"flow": "evaluate ratings", "sources": [source], "profile": profile}
    with open_run(out, settings, about, wait_minutes=wait_minutes) as run:
        prepared = prepare_ratings(out, source)
        films = link_rated_films(prepared, source, release, settings)
        warnings = explore(prepared.ratings(), films)["warnings"]
        for warning in warnings:
            emit(Note(f"warning: {warning}"))
        found = _compare(run, prepared, films, names)
        leads = compare_with(found, names[0], settings.recommend.bootstrap, settings.seed)
        report = {
            "models": {name: one.figures.model_dump(mode="json") for name, one in found.items()},
            f"{names[0]}_ahead": leads,
            "warnings": warnings,
        }
        write_bytes(Path(out) / FOLDER / RESULTS, (json.dumps(report, indent=1) + "\n").encode())
    return report
