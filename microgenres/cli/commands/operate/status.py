"""`microgenres status`: show what runs in an output folder."""

from __future__ import annotations

from microgenres.cli import options as o

__all__ = ["status"]


def status(*, out: o.Out = o.OUT, as_json: o.AsJson = False, debug: o.Debug = False) -> None:
    """Show the state of an output folder: running, done, quarantined, and what to do next.

    It changes nothing, so it can be used during a run.

    [bold]Examples[/bold]
    microgenres status
    microgenres status --out films --json | jq .state
    """
    from microgenres.cli.output.status import show_status

    show_status(out, as_json=as_json)
