"""The steps of a fetch: which films, their answers, and the catalogue made of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact

from flows.events import Note, StageDone, StageStarted, emit
from flows.fetch.context import DAY_SECONDS, Fetch
from flows.runtime.tasks import step
from pipeline.errors import CorruptFileError, SourceError
from pipeline.sources.tmdb import ATTRIBUTION
from pipeline.sources.tmdb.catalogue_writer import Written, write_films
from pipeline.sources.tmdb.client import Client, Request
from pipeline.sources.tmdb.discovery import Found, Window, change_windows, changed, discover
from pipeline.sources.tmdb.fetch_manifest import (
    CHANGED,
    FILMS,
    film_ids,
    gone_films,
    known_films,
    read_manifest,
    write_manifest,
)
from pipeline.sources.tmdb.fetch_session import day, finish
from pipeline.sources.tmdb.film_mapping import film_request, review_pages, review_request
from pipeline.sources.tmdb.id_export import exported

__all__ = ["ask_films", "discover_films", "list_changes", "write_catalogue"]


@step("discover films")
def discover_films(run: Fetch, ids: str | None, until: str | None, limit: int | None) -> None:
    """Which films to ask for: those of an id export, or all that were released within the dates."""
    if ids is not None:
        found = exported(Path(ids).expanduser(), run.settings)
    else:
        found = _released(run, until)
    if limit is not None:
        found = sorted(found, key=lambda film: (-film.popularity, film.id))[:limit]
    if not found:
        raise SourceError(
            "TMDB lists no film of that kind; see the settings fetch.first_date, fetch.min_votes "
            "and fetch.min_popularity, and --until"
        )
    run.films = sorted(film.id for film in found)


def _released(run: Fetch, until: str | None) -> list[Found]:
    settings, this = run.settings, run.this
    window = Window(
        day(settings.first_date, "fetch.first_date"),
        day(until, "--until") if until else this.last_day,
    )
    if window.first > window.last:
        raise SourceError(f"--until {window.last} is before fetch.first_date {window.first}")

    async def work(client: Client) -> list[Found]:
        async def ask(requests: Sequence[Request], name: str) -> None:
            await run.ask_list(client, requests, f"discover-{name}")

        return await discover(ask, run.answers, window, settings, this.id)

    found: list[Found] = run.run(work)
    return found


@step("list changes")
def list_changes(run: Fetch, new: bool) -> None:
    """Which films of the catalogue changed since the day of the round, and which are new."""
    this = run.this
    windows = change_windows(day(this.since, "--since"), this.last_day)

    async def work(client: Client) -> list[int]:
        async def ask(requests: Sequence[Request], name: str) -> None:
            await run.ask_list(client, requests, f"change-{name}")

        return await changed(ask, run.answers, windows, run.settings, this.id)

    named: list[int] = run.run(work)
    run.again = named if new else sorted(set(named) & set(this.known))
    run.films = sorted({*this.known, *run.again})


@step("fetch films")
def ask_films(run: Fetch) -> None:
    """Ask for the films whose answers are missing or too old, then for more of their reviews."""
    too_old = run.this.started
    _ask(run, run.again, too_old)
    if not run.this.asked["refresh"]:
        too_old -= run.settings.max_age_days * DAY_SECONDS
    _ask(run, run.films, too_old)


def _ask(run: Fetch, films: Sequence[int], not_before: float) -> None:
    settings = run.settings

    async def work(client: Client) -> None:
        requests = [film_request(film, settings) for film in films]
        run.given_up |= await run.ask(client, requests, "films", not_before)
        if settings.review_pages > 1:
            run.given_up |= await run.ask(client, _reviews(run, films), "reviews", not_before)

    if films:
        run.run(work)


def _reviews(run: Fetch, films: Iterable[int]) -> list[Request]:
    found = []
    for film in films:
        key = film_request(film, run.settings).key
        if run.answers.has(key) and (answer := run.answers.get(key)).status == 200:
            pages = review_pages(answer.json(), run.settings)
            found += [review_request(film, page, run.settings) for page in pages]
    return found


@step("write catalogue")
def write_catalogue(run: Fetch) -> str:
    """The answers as Parquet, with a manifest; then the round is over."""
    this, films, again = run.this, run.films, run.again
    emit(StageStarted("catalogue"))
    started = time.perf_counter()
    # A film given up may have an older answer, which is not what was asked for.
    lacking = run.given_up.keys() | {key for key in _keys(run) if not run.answers.has(key)}
    if len(lacking) > run.settings.max_failed_share * len(films):
        raise SourceError(
            f"{len(lacking)} of {len(films)} films could not be had, more than "
            f"fetch.max_failed_share allows; the first: "
            f"{next(iter(run.given_up.values()), 'not answered')}. What was answered is kept, so "
            "give the same command again"
        )
    if all(run.answers.get(k).status != 200 for k in _keys(run) if run.answers.has(k)):
        raise SourceError(
            f"none of {len(films)} films is at TMDB; see fetch.base_url and the ids that were "
            "given, then fetch with --refresh"
        )
    as_of, gone = _as_of(run), _gone_before(run)
    written = write_films(run.folder / FILMS, films, run.answers, run.settings)
    told: dict[str, Any] = {
        "asked": this.asked,
        "as_of": as_of,
        "films": asdict(written),
        "requests": dict(sorted(run.asked.items())),
    }
    if this.asked["what"] == "changes":
        part = write_films(run.folder / CHANGED, again, run.answers, run.settings)
        withdrawn = sorted({*this.known} - {*film_ids(run.folder)} - {*written.missing})
        told |= {"since": this.since, "changed": asdict(part), "withdrawn": withdrawn}
        gone |= {*withdrawn}
    else:
        (run.folder / CHANGED).unlink(missing_ok=True)
    told["gone"] = sorted(gone.union(written.not_there).difference(film_ids(run.folder)))
    write_manifest(run.folder, told)
    finish(run.folder, this)
    run.answers.compact(lambda key: not key.startswith("list/"))
    if run.given_up:
        emit(Note(f"{len(run.given_up)} answers were given up; the next fetch asks for them"))
    emit(StageDone("catalogue", time.perf_counter() - started, f"{written.films:,} films"))
    _show(run, told, written)
    return str(run.folder / FILMS)


def _keys(run: Fetch) -> Iterable[str]:
    return (film_request(film, run.settings).key for film in run.films)


def _gone_before(run: Fetch) -> set[int]:
    try:
        return set(gone_films(run.folder))
    except SourceError:  # the first fetch into this folder
        return set()


def _as_of(run: Fetch) -> str:
    """The day to which the whole catalogue is up to date: from then on, changes are to be asked.

    An answer may be kept from an earlier fetch, and still hold: for a film of the catalogue before,
    as of the day to which that was up to date.
    """
    try:
        before, known = read_manifest(run.folder)["as_of"], set(known_films(run.folder))
    except (SourceError, CorruptFileError):
        before, known = "", set()
    if run.this.asked["what"] == "changes":
        unbroken = run.this.since <= before and not run.given_up
        return run.this.until if unbroken else str(before)
    days = []
    for film, key in zip(run.films, _keys(run), strict=True):
        if run.answers.has(key):
            asked = datetime.fromtimestamp(run.answers.asked_at(key), UTC).date().isoformat()
            days.append(max(asked, before) if film in known else asked)
    return min(days)


def _show(run: Fetch, told: dict[str, Any], written: Written) -> None:
    """The last word of the run in the Prefect UI."""
    tries = sum(run.asked.values())
    rows = {
        "films": written.films,
        "not at TMDB (any more)": len(written.not_there),
        "given up": len(run.given_up),
        "left out for few votes": written.few_votes,
        "requests": tries,
        "seconds of asking": round(run.seconds, 1),
        "requests a second": round(tries / run.seconds, 1) if tries else 0,
    }
    if "changed" in told:
        rows |= {"asked again": told["changed"]["films"], "withdrawn": len(told["withdrawn"])}
    lines = ["| figure | value |", "|---|---|", *(f"| {k} | {v:,} |" for k, v in rows.items())]
    text = "\n".join(["# Films from TMDB", "", *lines, "", ATTRIBUTION])
    run.artifacts.send(
        create_markdown_artifact, text, key="fetch", description=f"{written.films:,} films"
    )
