"""`microgenres history`: show how micro-genres grew from release to release."""

from __future__ import annotations

from microgenres.cli import options as o

__all__ = ["history"]


def history(
    micro_genre: o.MicroGenre = None,
    *,
    out: o.Out = o.OUT,
    limit: o.ShowLimit = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Show how micro-genres grew from release to release, the most grown first.

    [bold]Examples[/bold]
    microgenres history --out films
    microgenres history submarine-thriller
    microgenres history --json | jq '.micro_genres[0]'
    """
    from microgenres.cli.output.history import show_history

    show_history(out, micro_genre, limit, as_json=as_json)
