"""`microgenres worker`: run Dask workers."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["worker"]


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

    A nanny restarts a worker that dies or uses more memory than dask.memory_limit. The workers need
    output folders and catalogues under the same paths as the miner.

    [bold]Examples[/bold]
    microgenres worker tcp://127.0.0.1:8786 --workers 4
    microgenres worker tls://10.0.0.5:8786 --log-format json
    """
    from flows.services.dask import run_workers
    from pipeline.settings import load_settings

    settings = load_settings(profile=profile, file=settings_file)
    logs = log_format or settings.log.format
    run_workers(settings.dask, address, workers, folder, logs)
