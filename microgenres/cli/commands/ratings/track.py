"""`microgenres ratings track`: log versions to MLflow."""

from __future__ import annotations

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import print_json

__all__ = ["track"]


def track(*, out: o.Out = o.OUT, as_json: o.AsJson = False, debug: o.Debug = False) -> None:
    """Log versions to MLflow: SQLite and a folder in DIR/ratings. Needs the extra `tracking`."""
    from flows.ratings.flows import open_lifecycle
    from pipeline.observability.mlflow import DATABASE
    from pipeline.recommend.lifecycle.mlflow import track as log
    from pipeline.settings import load_settings

    with open_lifecycle(str(out), load_settings()) as lifecycle:
        count = log(lifecycle.folder, lifecycle.database)
        place = lifecycle.folder / DATABASE
    if as_json:
        print_json({"versions": count, "path": str(place)})
    else:
        typer.echo(f"{count:,} versions logged in {place}")
