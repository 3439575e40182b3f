"""`microgenres similar`: list the films most similar to one film."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from microgenres.cli import options as o

if TYPE_CHECKING:
    pass
from microgenres.cli.releases import open_release_folder

__all__ = ["similar"]


def similar(
    film: Annotated[str, typer.Argument(metavar="FILM", help='"Title (Year)", a title, or an id.')],
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    limit: o.SimilarLimit = 10,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """List the films most similar to one film of a release.

    Case, accents and a leading article are ignored. An id has priority over a title: add the year
    to select the title.

    [bold]Examples[/bold]
    microgenres similar "The Hunt for Red October (1990)"
    microgenres similar 1669 --limit 5 --json
    """
    from microgenres.cli.output.release import show_similar

    show_similar(open_release_folder(out, release), film, limit, as_json=as_json)
