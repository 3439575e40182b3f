"""Open the sources of a command before Prefect, Dask or a model are imported.

A wrong path, a file that is no catalogue or a wrong setting is then an error of one line in a
second. Only the settings and the sources are imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.ingest.partition import open_sources
from pipeline.report.reading import table_lines
from pipeline.settings import Settings, SourceSettings, load_settings

__all__ = ["check_namer", "check_sources", "check_update", "describe_sources"]


def check_namer(profile: str, file: Path | None, chosen: dict[str, Any]) -> list[str]:
    """Return a warning if the server of `label.namer` does not answer; none if it is not set.

    Parameters
    ----------
    profile, file, chosen
        As for `check_sources`.

    Raises
    ------
    SettingsError
        If a setting is wrong.
    """
    namer = load_settings(profile=profile, file=file, overrides=chosen).label.namer
    if not namer:
        return []
    from pipeline.label.namer import namer_warning

    warning = namer_warning(namer)
    return [] if warning is None else [f"warning: {warning}"]


def check_sources(
    specs: Sequence[str], profile: str, file: Path | None, chosen: dict[str, Any]
) -> list[str]:
    """Open the sources that a command will read; return what they are, a line or two a table.

    Parameters
    ----------
    specs : sequence of str
        Sources such as `files:films.csv`.
    profile : str
        Name of a profile of settings.
    file : Path, optional
        A TOML file of settings.
    chosen : dict
        Settings of the command line, by section.

    Raises
    ------
    SettingsError
        If a setting is wrong.
    SourceError
        If a source cannot be read.
    """
    settings = load_settings(profile=profile, file=file, overrides=chosen)
    return describe_sources(specs, settings.source)


def check_update(
    specs: Sequence[str],
    out: Path,
    profile: str,
    file: Path | None,
    chosen: dict[str, Any],
) -> list[str]:
    """Open the sources of an update as `check_sources`, with the settings of the mining.

    Raises
    ------
    ReleaseError
        If the folder has no release that can be read.
    SettingsError
        If a setting is wrong.
    SourceError
        If a source cannot be read.
    """
    from pipeline.release.reader import ReleasedTables
    from pipeline.storage.release_store import ReleaseStore
    from pipeline.update.release_settings import settings_for_update

    here: Settings = load_settings(profile=profile, file=file, overrides=chosen)
    before = ReleasedTables(ReleaseStore(out).folder())
    return describe_sources(specs, settings_for_update(before, here).source)


def describe_sources(specs: Sequence[str], settings: SourceSettings) -> list[str]:
    """Open and check sources; return what their tables are.

    Raises
    ------
    SourceError
        If a source cannot be read.
    """
    sources = open_sources(specs, settings)
    return table_lines([table for source in sources for table in source.tables()])
