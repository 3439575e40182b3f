"""`microgenres ratings rollback`: serve an earlier version again."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import print_json

__all__ = ["rollback"]


def rollback(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]")] = None,
    *,
    out: o.Out = o.OUT,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Serve an earlier version again."""
    from flows.ratings.flows import open_lifecycle
    from pipeline.settings import load_settings

    with open_lifecycle(str(out), load_settings()) as lifecycle:
        served = lifecycle.rollback(version)
    if as_json:
        print_json({"served": served})
    else:
        typer.echo(f"served is {served}")
