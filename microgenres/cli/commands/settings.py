"""`microgenres settings`: print every setting with its value, meaning and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from microgenres.cli import options as o

if TYPE_CHECKING:
    pass


__all__ = ["settings"]


def settings(
    *,
    profile: o.ProfileName = "default",
    file: o.SettingsFile = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Print every setting: its value in a profile, what it does, its type and bounds.

    A settings file of your own is TOML with these names. The environment sets them too:
    MICROGENRES_EMBED__DTYPE=float32 sets embed.dtype.

    [bold]Examples[/bold]
    microgenres settings --profile cluster
    microgenres settings --settings my.toml --json
    """
    from microgenres.cli.output.release import show_settings

    show_settings(profile, file, as_json=as_json)
