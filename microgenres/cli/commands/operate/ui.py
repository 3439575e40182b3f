"""`microgenres ui`: run the Prefect UI with the deployments."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["ui"]


def ui(
    *,
    out: o.Out = o.OUT,
    catalogue: o.NightlySource = "sample",
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
    from microgenres.cli.console import standard_error
    from microgenres.cli.progress import follow

    with follow(standard_error()):
        from flows.services.ui import serve_ui

        serve_ui(out, catalogue, profile, port)
