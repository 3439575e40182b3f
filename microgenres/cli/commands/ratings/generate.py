"""`microgenres ratings generate`: write synthetic ratings in the layout of MovieLens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import print_json

__all__ = ["generate"]


def generate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    *,
    ratings: Annotated[int, typer.Option("--ratings", metavar="N")] = 1_000_000,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 2026,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Write synthetic ratings of any size in the layout of MovieLens 25M."""
    from pipeline.recommend.data.synthetic import Size
    from pipeline.recommend.data.synthetic import generate as make

    users = make(folder, Size.of(ratings), seed)
    if as_json:
        print_json({"users": users, "path": str(folder)})
    else:
        typer.echo(f"{users:,} users in {folder}")
