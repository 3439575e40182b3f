"""`microgenres fetch`: the group of commands that use the TMDB API."""

from __future__ import annotations

import typer

from microgenres.cli.commands.fetch.changes import changes
from microgenres.cli.commands.fetch.tmdb import tmdb
from microgenres.cli.exit_codes import EXIT_CODES

__all__ = ["app"]

app = typer.Typer(
    name="fetch",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Fetch films from the TMDB API into a catalogue, or fetch changed films again.\n\n"
    "TMDB needs your credentials: set TMDB_TOKEN to your read access token, or TMDB_API_KEY to "
    "your API key. This product uses the TMDB API but is not endorsed or certified by TMDB.",
)
app.command(epilog=EXIT_CODES)(tmdb)
app.command(epilog=EXIT_CODES)(changes)
