"""`microgenres update`: bring the latest release up to date with its catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.run_display import quiet_dask, shown

__all__ = ["update"]


def update(
    *,
    source: o.Sources = None,
    out: o.Out = o.OUT,
    only_changes: Annotated[
        bool,
        typer.Option(
            "--only-changes",
            help="The sources contain only the films that changed; others are unchanged.",
            rich_help_panel="Catalogue",
        ),
    ] = False,
    mine_when_due: Annotated[
        bool,
        typer.Option(
            "--mine-when-due",
            help="Mine again when the catalogue has drifted past a threshold.",
            rich_help_panel="Mining",
        ),
    ] = False,
    allow_withdrawals: o.AllowWithdrawals = False,
    allow_rejects: o.AllowRejects = False,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    log_format: o.LogFormat = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Bring the latest release up to date with its catalogue, without mining again.

    The sources are the catalogue as it is now: films that are not in them are withdrawn, but if
    these are more than a tenth, nothing is published. A film whose row cannot be read stays. New
    films, changed texts and films for which the name is no longer true are placed in near
    micro-genres whose names are true of them, as in the mining; micro-genres keep their ids and
    names. Films are read, cleaned and placed with the settings of the mining.

    [bold]Examples[/bold]
    microgenres update --source files:tmdb.csv --out films
    microgenres update --source files:changes.jsonl --only-changes --out films
    microgenres update --source files:tmdb.csv --mine-when-due --out films
    """
    from flows.update.options import check_options
    from microgenres.cli.preflight import check_update

    chosen = o.overrides(
        log_format=log_format, allow_rejects=allow_rejects, allow_withdrawals=allow_withdrawals
    )
    sources = source or ["sample"]
    check_options(out, only_changes=only_changes, mine_when_due=mine_when_due)
    described = check_update(sources, out, profile, settings_file, chosen)
    from microgenres.cli.early_start import early_server, import_flow

    with early_server(out), shown(profile, settings_file, chosen, verbose=verbose):
        from flows.events import Note, emit

        run = import_flow("flows.update.flow").update
        for line in described:
            emit(Note(line))
        if not verbose:
            quiet_dask()
        found = run(
            sources,
            str(out),
            profile,
            None if settings_file is None else str(settings_file),
            chosen,
            only_changes=only_changes,
            mine_when_due=mine_when_due,
        )
    from microgenres.cli.output.history import show_updated

    show_updated(found, as_json=as_json)
