"""`microgenres report`: print the quality figures of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from microgenres.cli import options as o

if TYPE_CHECKING:
    pass
from microgenres.cli.releases import open_release_folder

__all__ = ["report"]


def report(
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Print the quality figures of a release, each with a line on how to read it.

    [bold]Examples[/bold]
    microgenres report
    microgenres report --json | jq .clusters.seed_ari
    """
    from microgenres.cli.output.release import show_report

    show_report(open_release_folder(out, release), as_json=as_json)
