"""`microgenres rollback`: make an earlier release the latest again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["rollback"]


def rollback(
    release: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A release; the one before by default.")
    ] = None,
    *,
    out: o.Out = o.OUT,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Make an earlier release the latest again, if it verifies. No release is removed.

    Refused during a run.

    [bold]Examples[/bold]
    microgenres rollback --out films
    microgenres rollback 3f2a90c1b7de
    """
    from microgenres.cli.output.tables import to_json
    from pipeline.errors import ReleaseError
    from pipeline.lineage.history import roll_back
    from pipeline.storage.store import Store

    if not (Path(out) / "releases").is_dir():
        raise ReleaseError(f"no release in {out}: name the folder of `microgenres mine --out`")
    store = Store(out)
    with store.lock():
        before, now = roll_back(store.releases, release)
    if as_json:
        to_json({"out": str(out.absolute()), "before": before, "latest": now}, sys.stdout)
    else:
        typer.echo(f"the latest release is {now}; it was {before}")
