"""The settings of an update: those of the mining, with the cluster and thresholds of now."""

from __future__ import annotations

from pipeline.release.reader import ReleasedTables
from pipeline.settings import PublishSettings, Settings

__all__ = ["publish_settings", "settings_for_update"]

# An update needs these; another section that an older release lacks is taken from the current ones.
_REQUIRED = frozenset({"source", "clean", "features", "embed", "neighbours"})


def settings_for_update(before: ReleasedTables, here: Settings) -> Settings:
    """Return the settings with which a release was mined, for a run on this machine.

    Parameters
    ----------
    before : ReleasedTables
        The release.
    here : Settings
        The settings of now. Sections that have no part in a mining come from here: cluster, logs,
        thresholds of updates; also title, licence and attribution, where they are set, and the
        guards that stop a run.

    Raises
    ------
    ReleaseError
        If the manifest lacks a section that an update needs, or holds a value that this version
        does not accept.
    """
    stored = before.manifest.settings
    mined = {
        name: before.manifest.read_settings(name, type(getattr(here, name)))
        for name in Settings.mining_sections()
        if name != "publish" and (name in stored or name in _REQUIRED)
    }
    for section, names in Settings.GUARDS.items():
        if section in mined:
            own = getattr(here, section)
            guards = {name: getattr(own, name) for name in names}
            mined[section] = mined[section].model_copy(update=guards)
    seed = {"seed": stored.get("seed", here.seed)}
    return here.model_copy(update={**mined, **seed, "publish": publish_settings(before, here)})


def publish_settings(before: ReleasedTables, here: Settings) -> PublishSettings:
    """Return title, licence and attribution: those set now, else those of the mining."""
    mined = before.manifest.settings.get("publish", {})
    return PublishSettings(**{**mined, **here.publish.model_dump(exclude_unset=True)})
