"""The recipe of an update: what changed in a catalogue to the next release, without mining."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prefect import flow

from flows.events import Note, emit
from flows.mining.flow import mine_flow
from flows.runtime.session import under_way
from flows.update.publish import publish_update
from flows.update.steps import (
    Updating,
    encode_new,
    find_novel,
    look_for_changes,
    publish_settings,
)
from pipeline.errors import ReleaseError, SettingsError
from pipeline.lineage.previous_release import predecessor
from pipeline.release.reader import ReleasedTables
from pipeline.settings import Settings, load_settings
from pipeline.storage.work_store import Store
from pipeline.update.apply import update as bring_up_to_date

__all__ = ["Outcome", "bring", "mined_again", "update", "update_flow"]


@dataclass(frozen=True)
class Outcome:
    """What an update came to.

    Attributes
    ----------
    path : folder of the latest release now. made : whether it is a new one.
    due : the drift figures that say that another mining is due. mined : whether it was done.
    """

    path: str
    made: bool
    due: list[str]
    mined: bool = False


def bring(
    sources: list[str],
    out: str,
    settings: Settings,
    *,
    only_changes: bool = False,
    mine_when_due: bool = False,
    wait_minutes: float = 0.0,
) -> Outcome:
    """Bring the latest release of a folder up to date with its catalogues.

    Parameters
    ----------
    settings : what concerns the update itself; texts, model, space and centroids are those with
        which the release was mined.

    Raises
    ------
    ReleaseError
        when there is no release, or the latest does not verify.
    """
    if not (Path(out) / "releases").is_dir():
        raise ReleaseError(f"no release in {out}: run `microgenres mine --out {out}` first")
    store = Store(Path(out))
    about = {"sources": sources, "flow": "update"}
    with under_way(store, settings.log, about, wait_seconds=60 * wait_minutes):
        release = store.release()
        before, _ = predecessor(store)
        if before is None or before.release_id != release.name:
            raise ReleaseError(
                f"release {release.name} does not verify: `microgenres verify` says why; restore "
                "it, go back with `microgenres rollback`, or mine again"
            )
        at = Updating(store, settings, ReleasedTables(release))
        changes = look_for_changes(at, sources, only_changes=only_changes)
        if changes.same:
            emit(Note(f"nothing to do: release {release.name} is up to date"))
            # said when it was made, and maybe not done since: another mining would have followed
            due = at.before.report.get("drift", {}).get("past", [])
            return Outcome(str(release), made=False, due=due)
        if len(changes.films) == 0 and len(changes.withdrawn) == len(at.before.movies):
            raise ReleaseError(
                f"the catalogue has none of the films of release {release.name}; if it holds only "
                "what changed, say so with --only-changes"
            )
        made, vectors = encode_new(at, changes)
        with at.timed("place"):
            now = bring_up_to_date(at.before, changes, made, vectors)
        novelty = find_novel(at, now)
        path, drift = publish_update(at, before, changes, now, novelty, mine_when_due=mine_when_due)
        if drift.due:
            started = "starts now" if mine_when_due else "is due: `microgenres mine`"
            emit(Note(f"past their threshold: {', '.join(drift.past)}; another mining {started}"))
    return Outcome(path, made=True, due=drift.past)


def update(
    sources: list[str],
    out: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    *,
    only_changes: bool = False,
    mine_when_due: bool = False,
) -> Outcome:
    """Update, and mine afresh where that is asked for and due.

    With PREFECT_API_URL set it runs as the flow `update` of that server. Without, no server is
    started for it: that would take longer than the update.
    """
    if mine_when_due and only_changes:
        raise SettingsError(
            "--mine-when-due needs the whole catalogue, --only-changes says that the sources hold "
            "a part of it: leave one of them out"
        )
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    found: Outcome
    if os.environ.get("PREFECT_API_URL"):
        from flows.runtime.launch import launch_served
        from flows.update.flow import update_flow

        given = {
            "sources": sources,
            "out": out,
            "profile": profile,
            "settings_file": settings_file,
            "overrides": overrides,
            "only_changes": only_changes,
            "mine_when_due": mine_when_due,
        }
        return Outcome(**launch_served(update_flow, Path(out), given))
    found = bring(sources, out, settings, only_changes=only_changes, mine_when_due=mine_when_due)
    if not (mine_when_due and found.due):
        return found
    from flows.mining.flow import mine

    return mined_again(found, settings, lambda chosen: mine(sources, out, overrides=chosen))


def mined_again(
    found: Outcome, settings: Settings, mine: Callable[[dict[str, Any]], str]
) -> Outcome:
    """Mine the catalogue of an update afresh, for its drift.

    Parameters
    ----------
    mine : settings by section to the folder of the release.
    """
    path = mine(mining_settings(found.path, settings))
    return Outcome(path, made=True, due=found.due, mined=True)


def mining_settings(release: str, settings: Settings) -> dict[str, Any]:
    """Settings to mine as a release was mined, on the machines that the settings name."""
    manifest = ReleasedTables(Path(release)).manifest
    mined = {
        name: value
        for name, value in manifest["settings"].items()
        if name not in ("dask", "serve", "log", "fetch", "update", "novelty", "drift", "publish")
    }
    here = settings.model_dump(include={"dask", "log", "update", "novelty", "drift"})
    said = publish_settings(manifest, settings).model_dump()
    return mined | here | {"publish": said}


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
