"""The flow from the TMDB API to a catalogue that `mine --source tmdb:OUT` reads."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from prefect import flow

from flows.events import Note, emit
from flows.fetch.context import FetchContext
from flows.fetch.steps import discover_films, download_films, list_changes, write_catalogue
from flows.runtime.launch import launch_served
from flows.runtime.session import hold_folder
from pipeline.fileio.manifest import file_sha256
from pipeline.settings import load_settings
from pipeline.sources.tmdb.credentials import Credentials
from pipeline.sources.tmdb.fetch_manifest import known_films, read_manifest
from pipeline.sources.tmdb.fetch_session import FetchSession, begin, parse_day
from pipeline.sources.tmdb.response_cache import CACHE_FILE, ResponseCache
from pipeline.storage.store import Store

__all__ = ["fetch", "fetch_flow"]

# Settings that decide which films are fetched, and with what data; the others decide how.
_SELECTING = {
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
    """Fetch films from the TMDB API, or only the films that changed there.

    Args:
        out: Folder for the responses and the catalogue, below `fetch`.
        what: `tmdb` for all films, `changes` for the films of the catalogue that changed.
        ids: The daily id export, as downloaded; without it, films are found by date of release.
        until: Latest date of release; without it, the day of the fetch.
        limit: Fetch only the N most popular films.
        refresh: Request every film again, even if its response is stored.
        since: First day of changes; without it, the day of the last fetch.
        new: With `changes`: also fetch films that are not in the catalogue yet.
        profile: Name of a settings profile.
        settings_file: A TOML file with your own settings.
        overrides: Settings by section, such as {"fetch": {"min_votes": 100}}.
        wait_minutes: How long to wait for another run on the same folder before giving up.

    Returns:
        Path of the catalogue, a Parquet file.
    """
    loaded = load_settings(profile=profile, file=settings_file, overrides=overrides)
    settings = loaded.fetch
    credentials = Credentials.of(os.environ)
    command: dict[str, Any] = {
        "what": what,
        "ids": file_sha256(Path(ids)) if ids and Path(ids).is_file() else ids,
        "until": until,
        "limit": limit,
        "refresh": refresh,
        "since": since,
        "new": new,
        "settings": settings.model_dump(include=_SELECTING),
    }
    store = Store(Path(out))
    folder = Path(out) / "fetch"
    about = {"flow": "fetch", "what": what, "profile": profile}
    with (
        hold_folder(store, loaded.log, about, wait_seconds=60 * wait_minutes),
        ResponseCache(folder / CACHE_FILE) as cache,
    ):
        session = _begin(folder, command)
        run = FetchContext(folder, session, settings, credentials, cache)
        try:
            if what == "changes":
                list_changes(run, new)
            else:
                discover_films(run, ids, until, limit)
            download_films(run)
            return write_catalogue(run)
        finally:
            run.artifacts.close()


def _begin(folder: Path, command: dict[str, Any]) -> FetchSession:
    """Return the unfinished session of the same command, else a new one."""
    since = ""
    known: tuple[int, ...] = ()
    if command["what"] == "changes":
        known = known_films(folder)
        since = parse_day(command["since"] or read_manifest(folder)["as_of"], "--since").isoformat()
    session, resumed = begin(folder, command, now=time.time(), since=since, known=known)
    if resumed:
        emit(Note("resuming an unfinished fetch: stored responses are not requested again"))
    return session


def fetch(out: str, what: str = "tmdb", **options: Any) -> dict[str, Any]:
    """Run `fetch_flow` under the Prefect server of PREFECT_API_URL, or an embedded one.

    Parameters
    ----------
    out, what
        See `fetch_flow`.
    **options
        Further parameters of `fetch_flow`.

    Returns
    -------
    dict
        The manifest of the fetch, and under `path` the path of the catalogue.
    """
    path = str(launch_served(fetch_flow, Path(out), {"out": out, "what": what, **options}))
    return {"path": path, **read_manifest(Path(path).parent)}
