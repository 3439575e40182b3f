"""`microgenres certificates`: create TLS certificates for a Dask cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["certificates"]


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
