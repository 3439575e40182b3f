"""Lists that come in pages: films by date of release, and films that changed.

A list ends after 500 pages (10,000 films), whatever total it tells, so a window of dates that
fills it is halved until it does not. Pages are sorted by title, which seldom moves while they are
read; popularity would.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipeline.errors import SourceError
from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.client import Request
from pipeline.sources.tmdb.response_cache import Answers

__all__ = ["Found", "Window", "change_windows", "changed", "discover"]

logger = logging.getLogger(__name__)

_LAST_PAGE = 500
_CHANGE_DAYS = 14

# Asks for what is not there yet: the requests, and how they are called for whoever watches.
Ask = Callable[[Sequence[Request], str], Awaitable[None]]


@dataclass(frozen=True)
class Found:
    """A film that a list names."""

    id: int
    popularity: float = 0.0


@dataclass(frozen=True)
class Window:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def halves(self) -> tuple[Window, Window]:
        """Two windows that share no day; there must be two days at least."""
        middle = self.first + (self.last - self.first) // 2
        return Window(self.first, middle), Window(middle + timedelta(days=1), self.last)


async def discover(
    ask: Ask, answers: Answers, window: Window, settings: FetchSettings, round_id: str
) -> list[Found]:
    """Every film that was first released within the window, by id; those without a date are not.

    Parameters
    ----------
    ask : puts the answers of requests into `answers`.
    round_id : pages are read anew in each round.

    Raises
    ------
    SourceError
        when one day holds more films than a list can show.
    """

    def page(window: Window, number: int) -> Request:
        params: dict[str, str | int] = {
            "include_adult": _flag(settings.include_adult),
            "include_video": "false",
            "language": settings.language,
            "page": number,
            "primary_release_date.gte": window.first.isoformat(),
            "primary_release_date.lte": window.last.isoformat(),
            "sort_by": "original_title.asc",
        }
        if settings.min_votes:
            params["vote_count.gte"] = settings.min_votes
        return _listed("discover/movie", params, round_id)

    small: list[Window] = []
    windows = [window]
    while windows:
        await ask([page(each, 1) for each in windows], "windows")
        large = []
        for each in windows:
            pages = _pages(answers, page(each, 1))
            if pages < _LAST_PAGE or (pages == _LAST_PAGE and each.first == each.last):
                small.append(each)
            elif each.first == each.last:
                raise SourceError(
                    f"TMDB lists more films for {each.first} than it shows (500 pages); raise "
                    "fetch.min_votes, or give the daily id export with --ids"
                )
            else:
                large.append(each)
        windows = [half for each in large for half in each.halves()]
    others = [page(w, n) for w in small for n in range(2, _pages(answers, page(w, 1)) + 1)]
    await ask(others, "pages")
    results = _results(answers, [*(page(each, 1) for each in small), *others])
    promised = sum(_told(answers, page(each, 1)).get("total_results", 0) for each in small)
    found = {
        row["id"]: Found(row["id"], float(row.get("popularity") or 0.0))
        for row in results
        if (row.get("popularity") or 0.0) >= settings.min_popularity
    }
    missed = promised - len({row["id"] for row in results})
    if missed > 0:
        logger.warning(
            "the list moved while it was read: %d of %d films were not on any page; the next "
            "fetch finds them",
            missed,
            promised,
        )
    return [found[film] for film in sorted(found)]


def change_windows(since: date, until: date) -> list[Window]:
    """Windows of at most 14 days; each begins on the day on which the one before ends.

    Whether TMDB counts the last day of a window is not said, so every day is asked for as a first.
    """
    if since > until:
        raise SourceError(f"--since {since} lies in the future")
    windows, first = [], since
    while True:
        last = min(first + timedelta(days=_CHANGE_DAYS - 1), until)
        windows.append(Window(first, last))
        if last >= until:
            return windows
        first = last


async def changed(
    ask: Ask, answers: Answers, windows: Sequence[Window], settings: FetchSettings, round_id: str
) -> list[int]:
    """Ids of films that changed within the windows, sorted; adult ones where those are fetched."""

    def page(window: Window, number: int) -> Request:
        params: dict[str, str | int] = {
            "end_date": window.last.isoformat(),
            "page": number,
            "start_date": window.first.isoformat(),
        }
        return _listed("movie/changes", params, round_id)

    await ask([page(each, 1) for each in windows], "windows")
    for each in windows:
        if _pages(answers, page(each, 1)) > _LAST_PAGE:
            raise SourceError(
                f"TMDB lists more changes from {each.first} to {each.last} than it shows (500 "
                "pages); fetch all films again with: microgenres fetch tmdb --refresh"
            )
    pages = [page(w, n) for w in windows for n in range(2, _pages(answers, page(w, 1)) + 1)]
    await ask(pages, "pages")
    results = _results(answers, [*(page(each, 1) for each in windows), *pages])
    return sorted({row["id"] for row in results if settings.include_adult or not row.get("adult")})


def _listed(path: str, params: dict[str, str | int], round_id: str) -> Request:
    told = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    return Request(f"list/{round_id}/{path}?{told}", path, params)


def _told(answers: Answers, request: Request) -> dict[str, Any]:
    answer = answers.get(request.key)
    if answer.status != 200:
        raise SourceError(f"TMDB has no {request.path}; is fetch.base_url that of its API?")
    return answer.json()


def _pages(answers: Answers, request: Request) -> int:
    told = _told(answers, request)
    pages = told.get("total_pages")
    if not isinstance(pages, int) or not isinstance(told.get("results"), list):
        raise SourceError(f"TMDB's answer to {request.path} is no list of pages")
    return pages


def _results(answers: Answers, requests: Iterable[Request]) -> list[dict[str, Any]]:
    rows = (row for request in requests for row in _told(answers, request).get("results", []))
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int)]


def _flag(value: bool) -> str:
    return "true" if value else "false"
