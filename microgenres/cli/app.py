"""The command line, `microgenres`: results on standard output, everything else on standard error.

Each command is a file in `commands`, each group of commands a package. A command imports heavy
libraries (Prefect, Dask, Arrow, models) itself, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.bench import bench
from microgenres.cli.commands.fetch.group import app as fetch
from microgenres.cli.commands.genres.group import app as genres
from microgenres.cli.commands.history import history
from microgenres.cli.commands.inspect import inspect
from microgenres.cli.commands.mine import mine
from microgenres.cli.commands.operate.certificates import certificates
from microgenres.cli.commands.operate.deploy import deploy
from microgenres.cli.commands.operate.prune import prune
from microgenres.cli.commands.operate.scheduler import scheduler
from microgenres.cli.commands.operate.status import status
from microgenres.cli.commands.operate.ui import ui
from microgenres.cli.commands.operate.worker import worker
from microgenres.cli.commands.profiles import profiles
from microgenres.cli.commands.ratings.group import app as ratings
from microgenres.cli.commands.release.assign import assign
from microgenres.cli.commands.release.report import report
from microgenres.cli.commands.release.search import search
from microgenres.cli.commands.release.show import show
from microgenres.cli.commands.release.similar import similar
from microgenres.cli.commands.release.verify import verify
from microgenres.cli.commands.rollback import rollback
from microgenres.cli.commands.serve.group import app as serve
from microgenres.cli.commands.settings import settings
from microgenres.cli.commands.update import update
from microgenres.cli.exit_codes import EXIT_CODES, Commands
from microgenres.cli.process_end import QuickEnd

__all__ = ["app", "main"]

app = typer.Typer(
    name="microgenres",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def microgenres(version: o.Version = False, debug: o.Debug = False) -> None:
    """Mine named micro-genres from a catalogue of films, and explore the results.

    [bold]First steps[/bold]
    microgenres mine                          mine the bundled sample into ./out
    microgenres show                          its micro-genres
    microgenres search "heist gone wrong"     films by a text
    microgenres similar "Das Boot (1981)"     films like this one
    microgenres assign "A submarine crew ..." the micro-genre of another film
    microgenres inspect my.csv                how a file of yours would be read
    microgenres mine --source files:my.csv    your own catalogue
    """


app.command(epilog=EXIT_CODES)(mine)
app.command(epilog=EXIT_CODES)(inspect)
_PANELS: dict[str | None, tuple[Callable[..., None], ...]] = {
    None: (show, search, similar, assign, report, verify, settings, profiles),
    "Keeping it up to date": (update, history, rollback),
    "Keeping it running": (status, prune, ui, deploy, certificates, scheduler, worker),
}
for panel, commands in _PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.command(rich_help_panel="Measuring it")(bench)
for group in (serve, fetch, genres, ratings):
    app.add_typer(group)


def main() -> None:
    """Run the command line; end the process with one of the exit codes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # some titles cannot be shown by the terminal
            reconfigure(errors="backslashreplace")
    quick_end = QuickEnd()
    try:
        app(prog_name="microgenres")
    except SystemExit as end:
        if isinstance(end.code, int | None):
            quick_end.code = end.code or 0
        raise


if __name__ == "__main__":
    main()
