"""The commands of whoever keeps the miner running: state, tidying, certificates, processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["certificates", "deploy", "prune", "scheduler", "status", "ui", "worker"]

Catalogue = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="SPEC",
        help="What the nightly deployment mines: `sample`, `files:PATH`, `tmdb:DIR`.",
        rich_help_panel="Catalogue",
    ),
]


def status(*, out: o.Out = o.OUT, as_json: o.AsJson = False, debug: o.Debug = False) -> None:
    """Say what goes on in an output folder: running, done, quarantined, and how to go on.

    It only reads, and may be asked while a run goes on.

    [bold]Examples[/bold]
    microgenres status
    microgenres status --out films --json | jq .state
    """
    from microgenres.cli.output.status import show_status

    show_status(out, as_json=as_json)


def prune(
    *,
    keep: Annotated[
        int, typer.Option("--keep", min=1, metavar="N", help="How many releases stay.")
    ],
    out: o.Out = o.OUT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Remove old releases, and work that none of the last N runs used.

    The latest release always stays, and so does the one that each of these followed.
    Refused while a run goes on.

    [bold]Examples[/bold]
    microgenres prune --keep 5 --dry-run
    microgenres prune --keep 5 --out films
    """
    from flows.runtime.status import prune_folder
    from microgenres.cli.output.status import show_pruned

    show_pruned(prune_folder(out, keep, dry_run=dry_run), as_json=as_json)


def certificates(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Takes certificates and keys.")],
    *,
    days: Annotated[
        int, typer.Option("--days", min=1, max=3650, metavar="N", help="How long they are valid.")
    ] = 365,
    debug: o.Debug = False,
) -> None:
    """Make certificates by which Dask scheduler, workers and the miner trust one another.

    What is there and valid for 30 days more is left as it is. The authority's own key is thrown
    away: to let in a further machine, copy a role's files to it.

    [bold]Examples[/bold]
    microgenres certificates certs
    microgenres mine --scheduler tls://10.0.0.5:8786   # with MICROGENRES_DASK__TLS_CA and so on
    """
    from flows.services.certificates import days_left, make_certificates

    made = make_certificates(folder, days)
    left = days_left(folder) or 0.0
    typer.echo(f"{folder}: {'made' if made else 'there already'}, valid for {left:.0f} days")


def scheduler(
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="Where it listens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Its port.")] = 8786,
    dashboard: Annotated[
        str, typer.Option("--dashboard", metavar="HOST:PORT", help="Its web page and /health.")
    ] = "127.0.0.1:8787",
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    debug: o.Debug = False,
) -> None:
    """Run a Dask scheduler that the miner can use, until a signal ends it.

    With dask.tls_ca, dask.tls_cert and dask.tls_key set it speaks TLS only. Without them it
    listens on this machine alone, unless dask.trusted_network is set.

    [bold]Examples[/bold]
    microgenres scheduler
    microgenres scheduler --host 0.0.0.0   # with MICROGENRES_DASK__TLS_CA and so on
    """
    from flows.services.dask import run_scheduler
    from pipeline.settings import load_settings

    settings = load_settings(profile=profile, file=settings_file)
    run_scheduler(settings.dask, host, port, dashboard)


def worker(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="The scheduler's, such as tls://host:8786.")
    ],
    *,
    workers: Annotated[
        int, typer.Option("--workers", min=-1, metavar="N", help="How many; -1: one per core.")
    ] = -1,
    folder: Annotated[
        str | None,
        typer.Option("--folder", metavar="DIR", help="For temporary files.", show_default=False),
    ] = None,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    log_format: o.LogFormat = None,
    debug: o.Debug = False,
) -> None:
    """Run Dask workers for the miner, one thread each, until a signal ends them.

    Each is watched by a nanny, which starts it again when it dies or takes more memory than
    dask.memory_limit. They must see output folders and catalogues under the miner's paths.

    [bold]Examples[/bold]
    microgenres worker tcp://127.0.0.1:8786 --workers 4
    microgenres worker tls://10.0.0.5:8786 --log-format json
    """
    from flows.services.dask import run_workers
    from pipeline.settings import load_settings

    settings = load_settings(profile=profile, file=settings_file)
    logs = log_format or settings.log.format
    run_workers(settings.dask, address, workers, folder, logs)


def deploy(
    *,
    out: o.Out = o.OUT,
    catalogue: Catalogue = "sample",
    profile: o.ProfileName = "default",
    debug: o.Debug = False,
) -> None:
    """Make the deployments of prefect.yaml at the Prefect server of PREFECT_API_URL.

    [bold]Examples[/bold]
    PREFECT_API_URL=http://127.0.0.1:4200/api microgenres deploy --out /data
    """
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        raise typer.BadParameter("set it to the address of a server", param_hint="PREFECT_API_URL")
    from flows.services.deployments import deploy as make
    from flows.services.deployments import deployments_file

    make(deployments_file(), url, out.absolute(), catalogue, profile, None)


def ui(
    *,
    out: o.Out = o.OUT,
    catalogue: Catalogue = "sample",
    profile: o.ProfileName = "default",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Its port.")] = 4200,
    debug: o.Debug = False,
) -> None:
    """Run the Prefect UI with the miner's deployments, to start and follow runs from the browser.

    A server on this machine alone, a worker for its runs, and the deployments of prefect.yaml;
    Ctrl-C ends them all. With PREFECT_API_URL set, that server is used and none is started.

    [bold]Examples[/bold]
    microgenres ui
    microgenres ui --source files:/data/films.parquet --out /data/films
    """
    from microgenres.cli.console import follow, standard_error

    with follow(standard_error()):
        from flows.services.ui import serve_ui

        serve_ui(out, catalogue, profile, port)
