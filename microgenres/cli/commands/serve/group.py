"""`microgenres serve`: the group of services over a release, read only."""

from __future__ import annotations

import typer

from microgenres.cli.commands.serve.api import api
from microgenres.cli.commands.serve.app import explorer
from microgenres.cli.exit_codes import Commands

__all__ = ["app"]

app = typer.Typer(
    name="serve",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Serve a release, read only: the web explorer or the API.",
)
app.command()(api)
app.command(name="app")(explorer)
