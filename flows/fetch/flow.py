"""The recipe: films from the TMDB API to a catalogue that `mine --source tmdb:OUT` takes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from prefect import flow

from flows.events import Note, emit
from flows.fetch.context import Fetch
from flows.fetch.steps import (
    ask_films,
    discover_films,
    list_changes,
    write_catalogue,
)
from flows.runtime.launch import launch_served
from flows.runtime.session import under_way
from pipeline.settings import load_settings
from pipeline.sources.tmdb.credentials import Credentials
from pipeline.sources.tmdb.fetch_manifest import known_films, read_manifest
from pipeline.sources.tmdb.fetch_session import Round, begin, day
from pipeline.sources.tmdb.response_cache import Answers
from pipeline.storage.work_store import Store, file_sha256

__all__ = ["fetch", "fetch_flow"]

# Settings that decide which films are fetched, and with what; the others say how.
_DECIDING = {
    "language",
    "review_pages",
    "first_date",
    "min_votes",
    "min_popularity",
    "include_adult",
}


@flow(name="fetch", flow_run_name="fetch {what} into {out}", validate_parameters=False)
def fetch_flow(
    out: str,
    what: str = "tmdb",
    ids: str | None = None,
    until: str | None = None,
    limit: int | None = None,
    refresh: bool = False,
    since: str | None = None,
    new: bool = False,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    wait_minutes: float = 0.0,
) -> str:
    """Fetch films from the TMDB API, or those again that changed there.

    Args:
        out: Folder that takes the answers and the catalogue, below `fetch`.
        what: `tmdb` for all films, `changes` for those of the catalogue that changed.
        ids: The daily id export, as downloaded; else films are discovered by date of release.
        until: Latest release that is discovered; else the day of the fetch.
        limit: Fetch the so many most popular films only.
        refresh: Ask for every film again, also for those whose answers are kept.
        since: Changes from this day on; else from the day of the last fetch.
        new: With changes: take in films that the catalogue does not know yet, too.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section, such as {"fetch": {"min_votes": 100}}.
        wait_minutes: How long to wait for another run on the same folder before giving up.

    Returns:
        The catalogue, a Parquet file.
    """
    loaded = load_settings(profile=profile, file=settings_file, overrides=overrides)
    settings = loaded.fetch
    credentials = Credentials.of(os.environ)
    asked: dict[str, Any] = {
        "what": what,
        "ids": file_sha256(Path(ids)) if ids and Path(ids).is_file() else ids,
        "until": until,
        "limit": limit,
        "refresh": refresh,
        "since": since,
        "new": new,
        "settings": settings.model_dump(include=_DECIDING),
    }
    store = Store(Path(out))
    folder = Path(out) / "fetch"
    about = {"flow": "fetch", "what": what, "profile": profile}
    with (
        under_way(store, loaded.log, about, wait_seconds=60 * wait_minutes),
        Answers(folder / "answers.log") as answers,
    ):
        this = _round(folder, asked)
        run = Fetch(folder, this, settings, credentials, answers)
        try:
            if what == "changes":
                list_changes(run, new)
            else:
                discover_films(run, ids, until, limit)
            ask_films(run)
            return write_catalogue(run)
        finally:
            run.artifacts.close()


def _round(folder: Path, asked: dict[str, Any]) -> Round:
    """The fetch that did not end, if this is the same command; else a new one."""
    since = ""
    known: tuple[int, ...] = ()
    if asked["what"] == "changes":
        known = known_films(folder)
        since = day(asked["since"] or read_manifest(folder)["as_of"], "--since").isoformat()
    this, resumed = begin(folder, asked, now=time.time(), since=since, known=known)
    if resumed:
        emit(Note("going on with a fetch that did not end; what was answered is not asked again"))
    return this


def fetch(out: str, what: str = "tmdb", **chosen: Any) -> dict[str, Any]:
    """Run `fetch_flow` under the Prefect server of PREFECT_API_URL, or an embedded one.

    Returns
    -------
    dict
        the manifest of the catalogue, and under `path` where it is.
    """
    path = str(launch_served(fetch_flow, Path(out), {"out": out, "what": what, **chosen}))
    return {"path": path, **read_manifest(Path(path).parent)}
