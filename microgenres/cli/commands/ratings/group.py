"""`microgenres ratings`: the group of commands for recommenders."""

from __future__ import annotations

import typer

from microgenres.cli.commands.ratings.evaluate import evaluate
from microgenres.cli.commands.ratings.generate import generate
from microgenres.cli.commands.ratings.ingest import ingest
from microgenres.cli.commands.ratings.monitor import monitor
from microgenres.cli.commands.ratings.recommend import recommend
from microgenres.cli.commands.ratings.retrain import retrain
from microgenres.cli.commands.ratings.rollback import rollback
from microgenres.cli.commands.ratings.status import status
from microgenres.cli.commands.ratings.track import track
from microgenres.cli.commands.ratings.train import train
from microgenres.cli.exit_codes import Commands

__all__ = ["app"]

app = typer.Typer(
    name="ratings",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Recommend films: learn from MovieLens ratings, ingest weekly batches, watch for drift.",
)
for command in (
    train,
    evaluate,
    ingest,
    monitor,
    retrain,
    rollback,
    status,
    track,
    recommend,
    generate,
):
    app.command()(command)
