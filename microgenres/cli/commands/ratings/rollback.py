"""`microgenres ratings rollback`: serve an earlier version again."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["rollback"]


def rollback(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]")] = None,
    *,
    out: o.Out = o.OUT,
    debug: o.Debug = False,
) -> None:
    """Serve an earlier version again."""
    from flows.ratings.flows import open_lifecycle
    from pipeline.settings import load_settings

    with open_lifecycle(str(out), load_settings()) as lifecycle:
        typer.echo(f"served is {lifecycle.rollback(version)}")
