"""The steps of a fetch: choose the films, download their responses, write the catalogue."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact

from flows.events import Note, StageDone, StageStarted, emit
from flows.fetch.context import DAY_SECONDS, FetchContext
from flows.runtime.tasks import step
from pipeline.errors import CorruptFileError, SourceError
from pipeline.sources.tmdb import ATTRIBUTION
from pipeline.sources.tmdb.catalogue_writer import CatalogueSummary, write_films
from pipeline.sources.tmdb.client import Client, Request
from pipeline.sources.tmdb.discovery import (
    ListedFilm,
    Window,
    change_windows,
    discover,
    list_changed,
)
from pipeline.sources.tmdb.fetch_manifest import (
    CHANGED,
    FILMS,
    film_ids,
    gone_films,
    known_films,
    read_manifest,
    write_manifest,
)
from pipeline.sources.tmdb.fetch_session import finish, parse_day
from pipeline.sources.tmdb.film_mapping import film_request, review_pages, review_request
from pipeline.sources.tmdb.id_export import read_export

__all__ = ["discover_films", "download_films", "list_changes", "write_catalogue"]


@step("discover films")
def discover_films(
    run: FetchContext, ids: str | None, until: str | None, limit: int | None
) -> None:
    """Choose the films to fetch: those of an id export, or all released within the dates."""
    if ids is not None:
        films = read_export(Path(ids).expanduser(), run.settings)
    else:
        films = _list_released(run, until)
    if limit is not None:
        films = sorted(films, key=lambda film: (-film.popularity, film.id))[:limit]
    if not films:
        raise SourceError(
            "TMDB lists no such film; see the settings fetch.first_date, fetch.min_votes "
            "and fetch.min_popularity, and --until"
        )
    run.films = sorted(film.id for film in films)


def _list_released(run: FetchContext, until: str | None) -> list[ListedFilm]:
    settings, session = run.settings, run.session
    window = Window(
        parse_day(settings.first_date, "fetch.first_date"),
        parse_day(until, "--until") if until else session.last_day,
    )
    if window.first > window.last:
        raise SourceError(f"--until {window.last} is before fetch.first_date {window.first}")

    async def work(client: Client) -> list[ListedFilm]:
        async def download(requests: Sequence[Request], name: str) -> None:
            await run.download_list(client, requests, f"discover-{name}")

        return await discover(download, run.cache, window, settings, session.id)

    films: list[ListedFilm] = run.run(work)
    return films


@step("list changes")
def list_changes(run: FetchContext, new: bool) -> None:
    """Choose the films of the catalogue that changed since the last fetch, and new ones if set."""
    session = run.session
    windows = change_windows(parse_day(session.since, "--since"), session.last_day)

    async def work(client: Client) -> list[int]:
        async def download(requests: Sequence[Request], name: str) -> None:
            await run.download_list(client, requests, f"change-{name}")

        return await list_changed(download, run.cache, windows, run.settings, session.id)

    listed: list[int] = run.run(work)
    run.changed = listed if new else sorted(set(listed) & set(session.known))
    run.films = sorted({*session.known, *run.changed})


@step("fetch films")
def download_films(run: FetchContext) -> None:
    """Request the films whose responses are missing or too old, then further pages of reviews."""
    too_old = run.session.started
    _download(run, run.changed, too_old)
    if not run.session.asked["refresh"]:
        too_old -= run.settings.max_age_days * DAY_SECONDS
    _download(run, run.films, too_old)


def _download(run: FetchContext, films: Sequence[int], not_before: float) -> None:
    settings = run.settings

    async def work(client: Client) -> None:
        requests = [film_request(film, settings) for film in films]
        run.given_up |= await run.download(client, requests, "films", not_before)
        if settings.review_pages > 1:
            reviews = _review_requests(run, films)
            run.given_up |= await run.download(client, reviews, "reviews", not_before)

    if films:
        run.run(work)


def _review_requests(run: FetchContext, films: Iterable[int]) -> list[Request]:
    requests = []
    for film in films:
        key = film_request(film, run.settings).key
        if run.cache.has(key) and (response := run.cache.get(key)).status == 200:
            pages = review_pages(response.json(), run.settings)
            requests += [review_request(film, page, run.settings) for page in pages]
    return requests


@step("write catalogue")
def write_catalogue(run: FetchContext) -> str:
    """Write the responses as Parquet with a manifest, and finish the session."""
    session, films = run.session, run.films
    emit(StageStarted("catalogue"))
    started = time.perf_counter()
    # A film that was given up may have an older response, which must not replace the requested one.
    lacking = run.given_up.keys() | {key for key in _keys(run) if not run.cache.has(key)}
    if len(lacking) > run.settings.max_failed_share * len(films):
        raise SourceError(
            f"{len(lacking)} of {len(films)} films could not be fetched, more than "
            f"fetch.max_failed_share allows; the first: "
            f"{next(iter(run.given_up.values()), 'no response')}. The responses so far are "
            "stored, so give the same command again"
        )
    if all(run.cache.get(k).status != 200 for k in _keys(run) if run.cache.has(k)):
        raise SourceError(
            f"TMDB has none of the {len(films)} films; check fetch.base_url and the ids that were "
            "given, then fetch with --refresh"
        )
    as_of, gone = _as_of(run), _gone_before(run)
    summary = write_films(run.folder / FILMS, films, run.cache, run.settings)
    manifest: dict[str, Any] = {
        "asked": session.asked,
        "as_of": as_of,
        "films": asdict(summary),
        "requests": dict(sorted(run.outcomes.items())),
    }
    if session.asked["what"] == "changes":
        changed = write_films(run.folder / CHANGED, run.changed, run.cache, run.settings)
        withdrawn = sorted({*session.known} - {*film_ids(run.folder)} - {*summary.missing})
        manifest |= {"since": session.since, "changed": asdict(changed), "withdrawn": withdrawn}
        gone |= {*withdrawn}
    else:
        (run.folder / CHANGED).unlink(missing_ok=True)
    manifest["gone"] = sorted(gone.union(summary.not_there).difference(film_ids(run.folder)))
    write_manifest(run.folder, manifest)
    finish(run.folder, session)
    run.cache.remove("list/")  # each session requests its lists again
    if run.given_up:
        emit(Note(f"{len(run.given_up)} requests were given up; the next fetch sends them again"))
    emit(StageDone("catalogue", time.perf_counter() - started, f"{summary.films:,} films"))
    _show_summary(run, manifest, summary)
    return str(run.folder / FILMS)


def _keys(run: FetchContext) -> Iterable[str]:
    return (film_request(film, run.settings).key for film in run.films)


def _gone_before(run: FetchContext) -> set[int]:
    """Return the films that previous fetches into this folder reported as gone."""
    try:
        return set(gone_films(run.folder))
    except SourceError:  # the first fetch into this folder
        return set()


def _as_of(run: FetchContext) -> str:
    """Return the day up to which the whole catalogue is current; the next changes start there.

    A stored response of an earlier fetch may still be current: a film of the previous catalogue is
    current up to the day of that catalogue.
    """
    try:
        before, known = read_manifest(run.folder)["as_of"], set(known_films(run.folder))
    except (SourceError, CorruptFileError):
        before, known = "", set()
    if run.session.asked["what"] == "changes":
        unbroken = run.session.since <= before and not run.given_up
        return run.session.until if unbroken else str(before)
    days = []
    for film, key in zip(run.films, _keys(run), strict=True):
        if run.cache.has(key):
            received = datetime.fromtimestamp(run.cache.received_at(key), UTC).date().isoformat()
            days.append(max(received, before) if film in known else received)
    return min(days)


def _show_summary(run: FetchContext, manifest: dict[str, Any], summary: CatalogueSummary) -> None:
    """Show the figures of the fetch in the Prefect UI."""
    tries = sum(run.outcomes.values())
    rows = {
        "films": summary.films,
        "not at TMDB (any more)": len(summary.not_there),
        "given up": len(run.given_up),
        "excluded for few votes": summary.few_votes,
        "requests": tries,
        "seconds of requests": round(run.seconds, 1),
        "requests per second": round(tries / run.seconds, 1) if tries else 0,
    }
    if "changed" in manifest:
        rows |= {
            "requested again": manifest["changed"]["films"],
            "withdrawn": len(manifest["withdrawn"]),
        }
    lines = ["| figure | value |", "|---|---|", *(f"| {k} | {v:,} |" for k, v in rows.items())]
    text = "\n".join(["# Films from TMDB", "", *lines, "", ATTRIBUTION])
    run.artifacts.send(
        create_markdown_artifact, text, key="fetch", description=f"{summary.films:,} films"
    )
