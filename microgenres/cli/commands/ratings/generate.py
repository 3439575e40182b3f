"""`microgenres ratings generate`: write synthetic ratings in the layout of MovieLens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["generate"]


def generate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    *,
    ratings: Annotated[int, typer.Option("--ratings", metavar="N")] = 1_000_000,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 2026,
    debug: o.Debug = False,
) -> None:
    """Write synthetic ratings of any size in the layout of MovieLens 25M."""
    from pipeline.recommend.data.synthetic import Size
    from pipeline.recommend.data.synthetic import generate as make

    typer.echo(f"{make(folder, Size.of(ratings), seed):,} users")
