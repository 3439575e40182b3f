"""The update as a flow of Prefect, for deployments; mining afresh is a sub-flow of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows.mine import mine_flow
from flows.update import bring, mined_again
from pipeline.settings import load_settings

__all__ = ["update_flow"]


@flow(name="update", flow_run_name="update {out}", validate_parameters=False)
def update_flow(
    sources: list[str],
    out: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    only_changes: bool = False,
    mine_when_due: bool = False,
    wait_minutes: float = 0.0,
) -> dict[str, Any]:
    """Bring the latest release of a folder up to date with its catalogues.

    Args:
        sources: Catalogues, each `sample`, `files:PATH` or `tmdb:FOLDER`, as they stand now.
        out: Folder with the releases.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        only_changes: The sources hold just the films that changed.
        mine_when_due: Mine afresh when the catalogue has drifted past a threshold.
        wait_minutes: How long to wait for another run on the same folder before giving up.

    Returns:
        `path` of the latest release, whether it was `made` and `mined` now, and the figures that
        make a mining `due`.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    found = bring(
        sources,
        out,
        settings,
        only_changes=only_changes,
        mine_when_due=mine_when_due,
        wait_minutes=wait_minutes,
    )
    if mine_when_due and found.due:
        found = mined_again(
            found,
            settings,
            lambda chosen: mine_flow(sources, out, overrides=chosen, wait_minutes=wait_minutes),
        )
    return asdict(found)
