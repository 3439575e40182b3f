"""`microgenres ratings evaluate`: compare recommenders on later ratings."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import (
    ReleaseOption,
    SourceFolder,
    check_inputs,
    print_found,
    run_flow,
)

__all__ = ["evaluate"]


def evaluate(
    source: SourceFolder,
    *,
    release: ReleaseOption = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", metavar="NAME", help="Repeatable; the first beside the rest."
        ),
    ] = None,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Compare recommenders on later ratings, in parallel: lists, stars, cold films, intervals.

    [bold]Examples[/bold]
    microgenres ratings evaluate ml-latest-small --release films --out films
    """
    check_inputs(source, release, model or [])
    found = run_flow(
        "evaluate",
        out,
        profile,
        settings_file,
        verbose,
        source=source,
        models=model or [],
        release=release,
    )
    print_found(found, "show_compared", as_json=as_json)
