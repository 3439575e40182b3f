"""`microgenres prune`: remove old releases and work that no recent run used."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["prune"]


def prune(
    *,
    keep: Annotated[
        int, typer.Option("--keep", min=1, metavar="N", help="How many releases to keep.")
    ],
    out: o.Out = o.OUT,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be removed.")
    ] = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Remove old releases, and work that none of the last N runs used.

    The latest release remains, and so do the releases that the remaining ones follow.
    Refused during a run.

    [bold]Examples[/bold]
    microgenres prune --keep 5 --dry-run
    microgenres prune --keep 5 --out films
    """
    from flows.runtime.status import prune_folder
    from microgenres.cli.output.status import show_pruned

    show_pruned(prune_folder(out, keep, dry_run=dry_run), as_json=as_json)
