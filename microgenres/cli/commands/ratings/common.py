"""Options of `microgenres ratings`, and how its commands run their flow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from microgenres.cli.run_display import shown

__all__ = ["ReleaseOption", "SourceFolder", "check_inputs", "print_found", "print_json", "run_flow"]


SourceFolder = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER", help="Folder or zip archive of MovieLens, or a file of ratings."
    ),
]


ReleaseOption = Annotated[
    Path | None,
    typer.Option("--release", metavar="DIR", help="A release, or an output folder with one."),
]


def check_inputs(source: Path, release: Path | None, models: Sequence[str]) -> None:
    """Open the ratings and find the release, so that errors come before any server starts.

    Parameters
    ----------
    source : Path
        Folder, archive or file of ratings.
    release : Path or None
        A release, or an output folder with one.
    models : sequence of str
        Names of recommenders.

    Raises
    ------
    SettingsError
        If there is no recommender of a name.
    SourceError
        If there are no ratings, or their columns are others; the message says what is expected.
    ReleaseError
        If there is no release.
    """
    from pipeline.recommend.models.registry import create_model
    from pipeline.release.lookup import find_release
    from pipeline.settings import RecommendSettings
    from pipeline.sources.movielens.source import MovieLens

    for name in models:
        create_model(name, RecommendSettings())
    MovieLens(source)
    if release is not None:
        find_release(release)


def run_flow(
    name: str, out: Path, profile: str, file: Path | None, verbose: bool, **parameters: Any
) -> Any:
    """Run a flow of `flows.ratings` by the name of its command; return its result."""
    with shown(profile, file, {}, verbose=verbose):
        from flows.ratings.evaluate_flow import evaluate_ratings
        from flows.ratings.flows import ingest_ratings, monitor, retrain, train_ratings
        from flows.runtime.launch import launch_served

        flows: dict[str, Any] = {
            "train": train_ratings,
            "evaluate": evaluate_ratings,
            "ingest": ingest_ratings,
            "monitor": monitor,
            "retrain": retrain,
        }
        values = {**parameters, "out": out, "profile": profile, "settings_file": file}
        plain = {n: str(value) if isinstance(value, Path) else value for n, value in values.items()}
        return launch_served(flows[name], out, plain)


def print_found(found: Any, show: str, *, as_json: bool) -> None:
    """Print what a command found.

    Parameters
    ----------
    found : object
        JSON values.
    show : str
        Name of the function of `microgenres.cli.output.ratings` that prints it for people.
    as_json : bool
        Print it as JSON instead.
    """
    if as_json:
        print_json(found)
        return
    from microgenres.cli.output import ratings

    getattr(ratings, show)(found)


def print_json(document: Any) -> None:
    """Print a document as indented JSON."""
    typer.echo(json.dumps(document, indent=1, default=str))
