"""The recipe: a catalogue of films to trained, measured and registered classifiers of genres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.server import quiet_prefect

quiet_prefect()  # before Prefect is imported

from prefect import flow  # noqa: E402

from flows.genre_steps import (  # noqa: E402
    Plan,
    clean_films,
    divide_films,
    embed_films,
    label_films,
    merge_films,
)
from flows.genre_training import register_models, train_models  # noqa: E402
from flows.launch import launch_served  # noqa: E402
from flows.opening import opened  # noqa: E402
from flows.reading import read_sources  # noqa: E402
from pipeline.settings import load_settings  # noqa: E402

__all__ = ["genres_flow", "learn_genres"]


@flow(name="genres", flow_run_name="genres into {out}", validate_parameters=False)
def genres_flow(
    sources: list[str],
    out: str,
    plan: Plan,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Learn genres from a catalogue of films.

    Args:
        sources: Catalogues, each `sample` or `files:PATH`.
        out: Folder that takes the work and, under `genres`, the models.
        plan: Which models, from which texts, on how many folds.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        limit: Learn from a sample of this many films.

    Returns:
        The registry of the models.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    about = {"flow": "genres", "sources": sources, "profile": profile, "limit": limit}
    with opened(out, settings, about) as run:
        intake = read_sources(run, sources, limit)
        merged = merge_films(run, intake, plan.fill)
        cleaned = clean_films(run, merged)
        texts = label_films(run, intake, cleaned)
        vectors = embed_films(run, texts, plan)
        films, files = divide_films(run, texts, vectors, plan)
        trained = train_models(run, films, files, plan)
        return register_models(run, trained)


def learn_genres(
    sources: list[str],
    out: str,
    plan: Plan,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Run `genres_flow` under the Prefect server of PREFECT_API_URL, or an embedded one."""
    given = {
        "sources": sources,
        "out": out,
        "plan": plan,
        "profile": profile,
        "settings_file": settings_file,
        "overrides": overrides,
        "limit": limit,
    }
    found: dict[str, Any] = launch_served(genres_flow, Path(out), given)
    return found
