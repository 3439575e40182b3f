"""`microgenres certificates`: create TLS certificates for a Dask cluster."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["certificates"]


def certificates(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder for certificates and keys.")
    ],
    *,
    days: Annotated[
        int, typer.Option("--days", min=1, max=3650, metavar="N", help="How long they are valid.")
    ] = 365,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Create TLS certificates with which Dask scheduler, workers and the miner trust one another.

    Certificates that are valid for 30 more days are not replaced. The key of the authority is
    deleted: to admit another machine, copy the files of a role to it.

    [bold]Examples[/bold]
    microgenres certificates certs
    microgenres mine --scheduler tls://10.0.0.5:8786   # with MICROGENRES_DASK__TLS_CA and so on
    """
    from flows.services.certificates import days_left, make_certificates

    created = make_certificates(folder, days)
    left = days_left(folder) or 0.0
    if as_json:
        from microgenres.cli.output.tables import to_json

        to_json({"path": str(folder), "created": created, "days_left": left}, sys.stdout)
    else:
        done = "created" if created else "unchanged"
        typer.echo(f"{folder}: {done}, valid for {left:.0f} days")
