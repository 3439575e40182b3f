"""`microgenres genres track`: log trained models to MLflow."""

from __future__ import annotations

import typer

from microgenres.cli import options as o

__all__ = ["track"]


def track(*, out: o.Out = o.OUT, debug: o.Debug = False) -> None:
    """Log trained models to MLflow: SQLite and a folder in DIR/genres. Needs the extra `tracking`.

    [bold]Examples[/bold]
    microgenres genres track --out films
    """
    from pipeline.genres.training.mlflow import track as log
    from pipeline.genres.training.registry import FOLDER

    typer.echo(f"{log(out / FOLDER):,} models logged in {out / FOLDER / 'mlflow.db'}")
