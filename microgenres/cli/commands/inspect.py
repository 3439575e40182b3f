"""`microgenres inspect`: say how files would be read, without a model or a server."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.exit_codes import ExitCode

__all__ = ["inspect"]

_PREFIXES = ("files:", "tmdb:", "imdb:")


def inspect(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files, folders or patterns, or any other source of `microgenres mine`.",
            show_default=False,
        ),
    ],
    *,
    rows: Annotated[
        int,
        typer.Option(
            "--rows",
            min=0,
            metavar="N",
            help="Films to show of each table.",
            rich_help_panel="Output",
        ),
    ] = 5,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Say how files would be read, from the first row to the last; nothing is written.

    For each table: its form and encoding, which column becomes what and why, columns that are not
    used, some films as they would be read, rows that are rejected, cells that cannot be read, and a
    column map to correct a wrong guess. The exit code is 3 if no films can be read.

    [bold]Examples[/bold]
    microgenres inspect films.csv
    microgenres inspect catalogue/ --rows 2
    microgenres inspect films.xlsx --settings mine.toml --json > films.json
    """
    from microgenres.cli.output.inspection import show_inspected
    from pipeline.ingest.inspection import inspect_catalogue
    from pipeline.settings import load_settings

    specs = [
        spec if spec == "sample" or spec.startswith(_PREFIXES) else f"files:{spec}"
        for spec in files
    ]
    settings = load_settings(profile=profile, file=settings_file)
    found = [inspect_catalogue(spec, settings.source, settings.clean, rows=rows) for spec in specs]
    if not show_inspected(found, as_json=as_json):
        raise typer.Exit(ExitCode.SOURCE)
