"""The recipe that compares recommenders, each a piece of work on the cluster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow

from flows.ratings.flows import linked_films, prepared_ratings
from flows.runtime.context import Run
from flows.runtime.session import opened
from flows.runtime.tasks import step
from pipeline.execution.runner import Piece
from pipeline.fileio.atomic import write_bytes
from pipeline.recommend import FOLDER
from pipeline.recommend.data.films import Films, about_films, films_table
from pipeline.recommend.data.ingest import Prepared
from pipeline.recommend.data.temporal_split import borders, cut
from pipeline.recommend.evaluation.evaluate import Measured, ahead, compare_piece, measured_of
from pipeline.recommend.models.registry import MODELS, model_named
from pipeline.settings import load_settings

__all__ = ["evaluate_ratings"]

RESULTS = "evaluation.json"


@step("compare recommenders")
def _compared(
    run: Run, prepared: Prepared, films: Films, models: Sequence[str]
) -> dict[str, Measured]:
    ratings = prepared.whole()
    settings = run.settings.recommend
    parts = cut(ratings, borders([ratings.column("timestamp").to_numpy()], settings))
    shared = {
        "films": (run.put("recommend-films", "films", films_table(films)),),
        "earlier": (run.put("recommend-ratings", "earlier", parts["train"]),),
        "later": (run.put("recommend-ratings", "later", parts["test"]),),
    }
    constants = {"about": about_films(films), "seed": run.settings.seed}
    pieces = [Piece(name, shared, {"model": name, **constants}) for name in models]
    found = run.stage(compare_piece, pieces, settings=settings)
    tables = (run.read(ref) for ref in found.refs("measured"))
    return {name: measured_of(table) for name, table in zip(models, tables, strict=True)}


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
) -> dict[str, Any]:
    """Fit recommenders on the earliest ratings and measure them on those after.

    Args:
        source: A folder of MovieLens.
        out: Folder that takes the work; the figures go to `ratings/evaluation.json`.
        models: Which recommenders; none means all.
        release: A release, or the output folder of one, whose vectors and micro-genres films get.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        wait_minutes: How long to wait for another run on the same folder before giving up.

    Returns:
        The figures of each, and how far the first is ahead of each other.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    names = list(dict.fromkeys(models or ["hybrid", *MODELS]))
    for name in names:
        model_named(name, settings.recommend)  # an unknown one is told before anything is made
    about = {"flow": "evaluate ratings", "sources": [source], "profile": profile}
    with opened(out, settings, about, wait_minutes=wait_minutes) as run:
        prepared = prepared_ratings(out, source)
        films = linked_films(prepared, source, release, settings)
        found = _compared(run, prepared, films, names)
        told = {
            "models": {name: one.figures for name, one in found.items()},
            f"{names[0]}_ahead": ahead(
                found, names[0], settings.recommend.bootstrap, settings.seed
            ),
        }
        write_bytes(Path(out) / FOLDER / RESULTS, (json.dumps(told, indent=1) + "\n").encode())
    return told
