"""`microgenres verify`: check every file of a release against its manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from microgenres.cli import options as o

if TYPE_CHECKING:
    pass
from microgenres.cli.releases import find_release_folder

__all__ = ["verify"]


def verify(
    release: Annotated[
        str | None,
        typer.Argument(
            metavar="[RELEASE]", help="A release's folder or id.", show_default="the latest"
        ),
    ] = None,
    *,
    out: o.Out = o.OUT,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Check every file of a release against its manifest, and that its counts add up.

    Lists all problems; the exit code is then 4.

    [bold]Examples[/bold]
    microgenres verify
    microgenres verify out/releases/ID --json
    """
    from microgenres.cli.output.release import show_verified

    show_verified(find_release_folder(out, release), as_json=as_json)
