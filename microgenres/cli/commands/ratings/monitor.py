"""`microgenres ratings monitor`: check batches for drift of ratings and errors."""

from __future__ import annotations

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import (
    print_found,
    run_flow,
)

__all__ = ["monitor"]


def monitor(
    *,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Check batches against the served recommender: drift of ratings and of errors."""
    found = run_flow("monitor", out, profile, settings_file, verbose)
    print_found(found, "show_checks", as_json=as_json)
