"""`microgenres ratings train`: learn a recommender from ratings."""

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

__all__ = ["train"]


def train(
    source: SourceFolder,
    *,
    release: ReleaseOption = None,
    model: Annotated[str, typer.Option("--model", "-m", metavar="NAME")] = "hybrid",
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Prepare ratings, train a recommender on the earliest 70 %, evaluate it and serve it.

    [bold]Examples[/bold]
    microgenres ratings train ml-latest-small --release films --out films
    microgenres ratings train ml-100k.zip --out films
    """
    check_inputs(source, release, [model])
    found = run_flow(
        "train",
        out,
        profile,
        settings_file,
        verbose,
        source=source,
        model=model,
        release=release,
    )
    names = ("version", "model", "status", "films_linked", "warnings", "figures")
    shown = {name: found[name] for name in names}
    print_found(shown, "show_trained", as_json=as_json)
