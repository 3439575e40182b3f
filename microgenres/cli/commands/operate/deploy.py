"""`microgenres deploy`: create the Prefect deployments."""

from __future__ import annotations

import os

import typer

from microgenres.cli import options as o

__all__ = ["deploy"]


def deploy(
    *,
    out: o.Out = o.OUT,
    catalogue: o.NightlySource = "sample",
    profile: o.ProfileName = "default",
    debug: o.Debug = False,
) -> None:
    """Create the deployments of prefect.yaml on the Prefect server of PREFECT_API_URL.

    [bold]Examples[/bold]
    PREFECT_API_URL=http://127.0.0.1:4200/api microgenres deploy --out /data
    """
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        raise typer.BadParameter("set it to the address of a server", param_hint="PREFECT_API_URL")
    from flows.services.deployments import deploy as make
    from flows.services.deployments import deployments_file

    make(deployments_file(), url, out.absolute(), catalogue, profile, None)
