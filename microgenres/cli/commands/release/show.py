"""`microgenres show`: list the micro-genres of a release, or show one with its films."""

from __future__ import annotations

from typing import TYPE_CHECKING

from microgenres.cli import options as o

if TYPE_CHECKING:
    pass
from microgenres.cli.releases import open_release_folder

__all__ = ["show"]


def show(
    micro_genre: o.MicroGenre = None,
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    limit: o.ShowLimit = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """List the micro-genres of a release, the largest first; or show one with its films.

    [bold]Examples[/bold]
    microgenres show --limit 10
    microgenres show 7
    microgenres show "Submarine Cold-War Thriller" --json
    """
    from microgenres.cli.output.release import show_micro_genre, show_micro_genres

    opened = open_release_folder(out, release)
    if micro_genre is None:
        show_micro_genres(opened, limit, as_json=as_json)
    else:
        show_micro_genre(opened, micro_genre, limit or 20, as_json=as_json)
