"""`microgenres scheduler`: run a Dask scheduler."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["scheduler"]


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
