"""`microgenres profiles`: list the ready-made settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from microgenres.cli import options as o

if TYPE_CHECKING:
    pass


__all__ = ["profiles"]


def profiles(*, as_json: o.AsJson = False, debug: o.Debug = False) -> None:
    """List the profiles: ready-made settings for a machine or a purpose."""
    from microgenres.cli.output.release import show_profiles

    show_profiles(as_json=as_json)
