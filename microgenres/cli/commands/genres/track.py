"""`microgenres genres track`: log trained models to MLflow."""

from __future__ import annotations

import sys

import typer

from microgenres.cli import options as o

__all__ = ["track"]


def track(*, out: o.Out = o.OUT, as_json: o.AsJson = False, debug: o.Debug = False) -> None:
    """Log trained models to MLflow: SQLite and a folder in DIR/genres. Needs the extra `tracking`.

    [bold]Examples[/bold]
    microgenres genres track --out films
    """
    from pipeline.genres.training.mlflow import track as log
    from pipeline.genres.training.registry import FOLDER

    count, place = log(out / FOLDER), out / FOLDER / "mlflow.db"
    if as_json:
        from microgenres.cli.output.tables import to_json

        to_json({"models": count, "path": str(place)}, sys.stdout)
    else:
        typer.echo(f"{count:,} models logged in {place}")
