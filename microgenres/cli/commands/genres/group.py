"""`microgenres genres`: the group of commands for genre classifiers."""

from __future__ import annotations

import typer

from microgenres.cli.commands.genres.evaluate import evaluate
from microgenres.cli.commands.genres.export_conllu import export_conllu
from microgenres.cli.commands.genres.models import models
from microgenres.cli.commands.genres.predict import predict
from microgenres.cli.commands.genres.report import report
from microgenres.cli.commands.genres.track import track
from microgenres.cli.commands.genres.train import train
from microgenres.cli.exit_codes import Commands

__all__ = ["app"]

app = typer.Typer(
    name="genres",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Predict genres from titles and descriptions: train, evaluate, predict, export.",
)
app.command()(train)
app.command()(models)
app.command()(evaluate)
app.command()(predict)
app.command(name="export-conllu")(export_conllu)
app.command()(report)
app.command()(track)
