"""`microgenres search`: find films of a release by a text."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.releases import open_release_folder

__all__ = ["search"]


def search(
    query: Annotated[
        str, typer.Argument(metavar="TEXT", help="A plot, mood, title, person or word.")
    ],
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    limit: o.SimilarLimit = 10,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Find films by a text, best first, each with the reason; the same search as the explorer's.

    "like TITLE but WORDS" finds films like one film, and "without WORDS" puts films last that have
    them. Typing errors are corrected.

    [bold]Examples[/bold]
    microgenres search "heist crew betrayed from within"
    microgenres search "like Interstellar but darker" --limit 5 --json
    """
    from microgenres.cli.output.search import show_found

    show_found(open_release_folder(out, release), query, limit, as_json=as_json)
