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
    from flows.ratings.flows import keeper
    from pipeline.settings import load_settings

    with keeper(str(out), load_settings()) as kept:
        typer.echo(f"served is {kept.rollback(version)}")
