"""`microgenres ratings ingest`: ingest weekly batches of ratings, each once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import (
    print_found,
    run_flow,
)

__all__ = ["ingest"]


def ingest(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Ratings in any layout of MovieLens."),
    ] = None,
    *,
    weeks: Annotated[
        int, typer.Option("--weeks", min=0, metavar="N", help="Weeks of the ratings held back.")
    ] = 0,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Ingest weekly batches, each once.

    [bold]Examples[/bold]
    microgenres ratings ingest week.csv --out films
    microgenres ratings ingest --weeks 4 --out films
    """
    if not files and not weeks:
        raise typer.BadParameter("give a file, or --weeks", param_hint="FILE")
    from pipeline.recommend.lifecycle.batches import list_rating_files

    list_rating_files([str(f) for f in files or []])  # errors come before any server starts
    found = run_flow(
        "ingest",
        out,
        profile,
        settings_file,
        verbose,
        files=[str(f) for f in files or []],
        buffered_weeks=weeks,
    )
    print_found(found, "show_batches", as_json=as_json)
