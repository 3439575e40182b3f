"""The recipe of an update: a changed catalogue to the next release, without mining again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from prefect import flow

from flows.events import Note, emit
from flows.mining.flow import mine_flow
from flows.mining.ingest import read_sources
from flows.runtime.launch import launch_served
from flows.runtime.session import hold_folder, run_context
from flows.update.options import check_options
from flows.update.publish import publish_update
from flows.update.steps import (
    embed_new_texts,
    find_changed_films,
    find_changed_rows,
    find_novelty,
    place_changed_films,
)
from pipeline.errors import ReleaseError
from pipeline.lineage.previous_release import (
    PreviousRelease,
    find_previous_release,
    known_sources,
)
from pipeline.release.reader import ReleasedTables
from pipeline.settings import Settings, load_settings
from pipeline.storage.store import Store
from pipeline.update.release_settings import settings_for_update

__all__ = ["UpdateResult", "update", "update_flow"]


@dataclass(frozen=True)
class UpdateResult:
    """The result of an update.

    Attributes
    ----------
    path : str
        Folder of the latest release now.
    made : bool
        Whether the release is new.
    due : list of str
        The drift figures past their threshold, which make another mining due.
    mined : bool
        Whether the catalogue was mined again for that.
    retained : int
        Films whose rows could not be read, so that they are as they were.
    reading : dict
        Fields of `pipeline.schemas.reading_summary.ReadingSummary`.
    """

    path: str
    made: bool
    due: list[str]
    mined: bool = False
    retained: int = 0
    reading: dict[str, Any] = field(default_factory=dict)


def update(
    sources: list[str],
    out: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    *,
    only_changes: bool = False,
    mine_when_due: bool = False,
) -> UpdateResult:
    """Run `update_flow` under the Prefect server of PREFECT_API_URL, or an embedded one.

    Raises
    ------
    ReleaseError
        If there is no release, or the latest one does not verify.
    SettingsError
        If `mine_when_due` and `only_changes` are both set.
    """
    check_options(out, only_changes=only_changes, mine_when_due=mine_when_due)
    parameters = {
        "sources": sources,
        "out": out,
        "profile": profile,
        "settings_file": settings_file,
        "overrides": overrides,
        "only_changes": only_changes,
        "mine_when_due": mine_when_due,
    }
    return UpdateResult(**launch_served(update_flow, Path(out), parameters))


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
        sources: Catalogues, each `sample`, `files:PATH` or `tmdb:FOLDER`, as they are now.
        out: Folder with the releases.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        only_changes: The sources contain only the films that changed.
        mine_when_due: Mine the catalogue again when it has drifted past a threshold.
        wait_minutes: How long to wait for another run on the same folder before giving up.

    Returns:
        `path` of the latest release, whether it was `made` and `mined` now, and the figures that
        make a mining `due`.
    """
    check_options(out, only_changes=only_changes, mine_when_due=mine_when_due)
    here = load_settings(profile=profile, file=settings_file, overrides=overrides)
    store = Store(Path(out))
    about = {"sources": sources, "flow": "update"}
    with hold_folder(store, here.log, about, wait_seconds=60 * wait_minutes) as run_id:
        before, previous = _latest_release(store)
        settings = settings_for_update(before, here)
        model = before.manifest.model.model_dump(include={"revision", "dtype"})
        with run_context(store, run_id, settings, model_constants=model) as run:
            catalogue = read_sources(run, sources, None, known_sources(store.releases))
            rows = find_changed_rows(run, before, catalogue, sources, only_changes)
            changes, reading = find_changed_films(run, before, catalogue, rows, only_changes)
            del rows  # those of the release too: some bytes of each film
            # a mining has no earlier rows: it would lose the films whose rows cannot be read
            starts = mine_when_due and not changes.retained
            if changes.same:
                emit(Note(f"nothing to do: release {before.id} is up to date"))
                # recorded with the release; the mining that was due then has not happened since
                due = before.report.drift.past
                result = UpdateResult(str(before.path), made=False, due=due)
            else:
                if len(changes.withdrawn) - len(changes.added) == before.counts["released"]:
                    raise ReleaseError(
                        f"no film of release {before.id} would be left, and a release needs films; "
                        "if the sources contain only what changed, say so with --only-changes"
                    )
                texts, vectors, encoded = embed_new_texts(run, before, changes)
                updated = place_changed_films(run, before, changes, texts, vectors)
                del texts, vectors
                novelty = find_novelty(run, before, updated)
                path, drift = publish_update(
                    run, before, previous, changes, updated, novelty, encoded, starts, reading
                )
                if drift.due:
                    past = ", ".join(drift.past)
                    next_step = _next_step(mine_when_due, len(changes.retained))
                    emit(Note(f"past their threshold: {past}; another mining {next_step}"))
                result = UpdateResult(path, made=True, due=drift.past)
            result = replace(result, retained=len(changes.retained), reading=reading.to_dict())
    if starts and result.due:
        mined = mine_flow(
            sources, out, overrides=_as_overrides(settings), wait_minutes=wait_minutes
        )
        result = replace(result, path=mined, made=True, mined=True)
    return asdict(result)


def _next_step(mine_when_due: bool, retained: int) -> str:
    if mine_when_due and retained:
        return (
            f"is due, but does not start: it would lose {retained:,} films whose rows cannot be "
            "read; correct them, or `microgenres mine`"
        )
    return "starts now" if mine_when_due else "is due: `microgenres mine`"


def _latest_release(store: Store) -> tuple[ReleasedTables, PreviousRelease]:
    """Return the latest release, and what its successor needs to know of it."""
    folder = store.releases.folder()
    previous, _ = find_previous_release(store.releases)
    if previous is None or previous.release_id != folder.name:
        raise ReleaseError(
            f"release {folder.name} does not verify: `microgenres verify` says why; restore it, "
            "go back with `microgenres rollback`, or mine again"
        )
    # a million strings of Python take five times the memory of an array
    ids = pa.array(previous.films.movie_ids, pa.string())
    films = replace(previous.films, movie_ids=ids)
    return ReleasedTables(folder), replace(previous, films=films)


def _as_overrides(settings: Settings) -> dict[str, Any]:
    """Return settings as the overrides of a mining with them."""
    return settings.model_dump(mode="json", exclude={"fetch", "serve"})
