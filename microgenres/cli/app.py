"""The one command line, `microgenres`: results on standard output, all else on standard error.

Heavy rooms (Prefect, Dask, Arrow, models) are imported by the command that needs them, so that
help comes at once. The other commands are in `lookups`, all options in `options`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.bench import bench
from microgenres.cli.commands.fetch import fetch
from microgenres.cli.commands.genres.train import app as genres
from microgenres.cli.commands.operate.operate import (
    certificates,
    deploy,
    prune,
    scheduler,
    status,
    ui,
    worker,
)
from microgenres.cli.commands.ratings import app as ratings
from microgenres.cli.commands.release.lookups import (
    assign,
    profiles,
    report,
    settings,
    show,
    similar,
    verify,
)
from microgenres.cli.commands.serve import app as serve
from microgenres.cli.commands.update import history, rollback, update
from microgenres.cli.console import quiet_dask, shown
from microgenres.cli.exit_codes import EXIT_CODES, Commands

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
    """Mine named micro-genres from a catalogue of films, and look at what was mined.

    [bold]A first walk[/bold]
    microgenres mine                          mine the bundled sample into ./out
    microgenres show                          its micro-genres
    microgenres similar "Das Boot (1981)"     films like this one
    microgenres assign "A submarine crew ..." the micro-genre of another film
    microgenres mine --source files:my.csv    your own catalogue
    """


@app.command(epilog=EXIT_CODES)
def mine(
    *,
    source: o.Sources = None,
    limit: o.RowLimit = None,
    out: o.Out = o.OUT,
    k: o.Clusters = None,
    seed: o.Seed = None,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    workers: o.Workers = None,
    scheduler: o.Scheduler = None,
    resume: o.Resume = True,
    verbose: o.Verbose = False,
    log_format: o.LogFormat = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Mine a catalogue: read, clean, embed, cluster, name, and publish a release.

    A run that was interrupted goes on where it stopped when the same command is given again.

    [bold]Examples[/bold]
    microgenres mine
    microgenres mine --source files:tmdb.csv --source files:more.jsonl --out films
    microgenres mine --source files:tmdb.parquet -k 120 --workers 8 --json > run.json
    microgenres mine --profile cluster --scheduler tls://10.0.0.5:8786 --out /shared/films
    """
    chosen = o.overrides(
        workers=workers, scheduler=scheduler, k=k, seed=seed, log_format=log_format
    )
    with shown(profile, settings_file, chosen, verbose=verbose):
        if workers and scheduler:
            from flows.events import Note, emit

            emit(Note("--workers is for a local cluster: the scheduler has its own workers"))
        from flows.mining.flow import mine as run

        if not verbose:
            quiet_dask()
        path = run(
            source or ["sample"],
            str(out),
            profile=profile,
            settings_file=None if settings_file is None else str(settings_file),
            overrides=chosen,
            resume=resume,
            limit=limit,
        )
    from microgenres.cli.output.release import show_run
    from pipeline.release.lookup import Release

    show_run(Release(Path(path)), as_json=as_json)


_Commands = tuple[Callable[..., None], ...]
_LOOKING: _Commands = (show, similar, assign, report, verify, settings, profiles)
_LIVING: _Commands = (update, history, rollback)
_KEEPING: _Commands = (status, prune, ui, deploy, certificates, scheduler, worker)
for command in _LOOKING:
    app.command()(command)
for command in _LIVING:
    app.command(rich_help_panel="Keeping it up to date")(command)
for command in _KEEPING:
    app.command(rich_help_panel="Keeping it running")(command)
app.command(rich_help_panel="Measuring it")(bench)
app.add_typer(serve)
app.add_typer(fetch)
app.add_typer(genres)
app.add_typer(ratings)


def main() -> None:
    """Run `microgenres` as it is installed; ends the process with one of the exit codes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a title that the terminal cannot show must not end us
            reconfigure(errors="backslashreplace")
    app(prog_name="microgenres")


if __name__ == "__main__":
    main()
