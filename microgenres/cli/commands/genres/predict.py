"""`microgenres genres predict`: predict the genres of one film or of a catalogue."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.run_display import quiet_dask, shown

__all__ = ["predict"]


def predict(
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The description of one film.")
    ] = None,
    *,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TITLE", help="Its title.")
    ] = None,
    name: Annotated[
        str, typer.Option("--model", "-m", metavar="NAME", help="The model.")
    ] = "transformation",
    source: o.Sources = None,
    limit: o.RowLimit = None,
    out: o.Out = o.OUT,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Parquet file for the films of a catalogue."),
    ] = None,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    workers: o.Workers = None,
    scheduler: o.Scheduler = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Predict the genres of one film, or with --source of a catalogue, in partitions on Dask.

    [bold]Examples[/bold]
    microgenres genres predict "A crew hunts a defector under the ice." --title "Red October"
    microgenres genres predict -m adaptation --source files:tmdb.csv --to genres.parquet
    """
    if (source is None) == (text is None and title is None):
        raise typer.BadParameter("give a text or a --title, or a --source", param_hint="TEXT")
    if source is None:
        from microgenres.cli.output.genres import show_predicted
        from pipeline.genres.serving.predictor import GenrePredictor
        from pipeline.genres.training.registry import FOLDER

        found = GenrePredictor(out / FOLDER).predict(name, [(title or "", text or "")])
        show_predicted(found, as_json=as_json)
        return
    if to is None:
        raise typer.BadParameter("name the file for the genres", param_hint="--to")
    from microgenres.cli.preflight import check_sources

    chosen = o.overrides(workers=workers, scheduler=scheduler)
    described = check_sources(source, profile, settings_file, chosen)
    with shown(profile, settings_file, chosen, verbose=verbose):
        from flows.events import Note, emit
        from flows.genres.predict_flow import predict_catalogue

        for line in described:
            emit(Note(line))
        if not verbose:
            quiet_dask()
        files = predict_catalogue(
            source,
            str(out),
            str(out),
            name,
            profile,
            None if settings_file is None else str(settings_file),
            chosen,
            limit,
        )
    from pipeline.genres.data.files import join_files

    films = join_files(files, to)
    if as_json:
        from microgenres.cli.output.tables import to_json

        to_json({"films": films, "path": str(to)}, sys.stdout)
    else:
        typer.echo(f"{films:,} films in {to}")
