"""`microgenres ratings retrain`: train again when due, and serve the better model."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import (
    print_found,
    run_flow,
)

__all__ = ["retrain"]


def retrain(
    *,
    force: Annotated[bool, typer.Option("--force", help="Train even if it is not due.")] = False,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Train again when due; serve the new model if it is better on the same later ratings."""
    found = run_flow("retrain", out, profile, settings_file, verbose, force=force)
    print_found(found, "show_retrained", as_json=as_json)
