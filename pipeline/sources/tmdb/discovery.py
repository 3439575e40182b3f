"""Lists that come in pages: films by date of release, and films that changed.

A list ends after 500 pages (10,000 films), whatever its total, so a window of dates with more films
is halved until each part fits. Pages are sorted by title, which rarely changes while they are read;
popularity would.
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
from pipeline.sources.tmdb.response_cache import ResponseCache

__all__ = ["ListedFilm", "Window", "change_windows", "discover", "list_changed"]

logger = logging.getLogger(__name__)

_LAST_PAGE = 500
_CHANGE_DAYS = 14

# Stores the responses of requests that have none yet; the text is the name to show as progress.
Download = Callable[[Sequence[Request], str], Awaitable[None]]


@dataclass(frozen=True)
class ListedFilm:
    """A film of a list: its TMDB id and popularity."""

    id: int
    popularity: float = 0.0


@dataclass(frozen=True)
class Window:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def halves(self) -> tuple[Window, Window]:
        """Return two windows without a common day; this one must have two days or more.

        Examples
        --------
        >>> Window(date(2026, 1, 1), date(2026, 1, 4)).halves()[1].first
        datetime.date(2026, 1, 3)
        """
        middle = self.first + (self.last - self.first) // 2
        return Window(self.first, middle), Window(middle + timedelta(days=1), self.last)


async def discover(
    download: Download,
    cache: ResponseCache,
    window: Window,
    settings: FetchSettings,
    session_id: str,
) -> list[ListedFilm]:
    """Return every film first released within the window; films without a date are not listed.

    Parameters
    ----------
    download : callable
        Stores the responses of requests in `cache`.
    cache : ResponseCache
        The responses.
    window : Window
        Days of release.
    settings : FetchSettings
        Which films to list.
    session_id : str
        Each session requests the pages again.

    Returns
    -------
    list of ListedFilm
        Sorted by id.

    Raises
    ------
    SourceError
        If one day has more films than a list can show.
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
        return _list_request("discover/movie", params, session_id)

    small: list[Window] = []
    windows = [window]
    while windows:
        await download([page(each, 1) for each in windows], "windows")
        large = []
        for each in windows:
            pages = _page_count(cache, page(each, 1))
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
    others = [page(w, n) for w in small for n in range(2, _page_count(cache, page(w, 1)) + 1)]
    await download(others, "pages")
    results = _results(cache, [*(page(each, 1) for each in small), *others])
    promised = sum(_details(cache, page(each, 1)).get("total_results", 0) for each in small)
    listed = {
        row["id"]: ListedFilm(row["id"], float(row.get("popularity") or 0.0))
        for row in results
        if (row.get("popularity") or 0.0) >= settings.min_popularity
    }
    missed = promised - len({row["id"] for row in results})
    if missed > 0:
        logger.warning(
            "the list changed while it was read: %d of %d films were not on any page; the next "
            "fetch finds them",
            missed,
            promised,
        )
    return [listed[film] for film in sorted(listed)]


def change_windows(since: date, until: date) -> list[Window]:
    """Return windows of at most 14 days; each begins on the last day of the previous one.

    TMDB does not document whether the last day of a window counts, so each last day is also the
    first day of the next window.

    Raises
    ------
    SourceError
        If `since` is after `until`.
    """
    if since > until:
        raise SourceError(f"--since {since} is in the future")
    windows, first = [], since
    while True:
        last = min(first + timedelta(days=_CHANGE_DAYS - 1), until)
        windows.append(Window(first, last))
        if last >= until:
            return windows
        first = last


async def list_changed(
    download: Download,
    cache: ResponseCache,
    windows: Sequence[Window],
    settings: FetchSettings,
    session_id: str,
) -> list[int]:
    """Return the sorted ids of films that changed within the windows.

    Adult films are listed only if `fetch.include_adult` is set. Parameters as for `discover`.

    Raises
    ------
    SourceError
        If a window has more changes than a list can show.
    """

    def page(window: Window, number: int) -> Request:
        params: dict[str, str | int] = {
            "end_date": window.last.isoformat(),
            "page": number,
            "start_date": window.first.isoformat(),
        }
        return _list_request("movie/changes", params, session_id)

    await download([page(each, 1) for each in windows], "windows")
    for each in windows:
        if _page_count(cache, page(each, 1)) > _LAST_PAGE:
            raise SourceError(
                f"TMDB lists more changes from {each.first} to {each.last} than it shows (500 "
                "pages); fetch all films again with: microgenres fetch tmdb --refresh"
            )
    pages = [page(w, n) for w in windows for n in range(2, _page_count(cache, page(w, 1)) + 1)]
    await download(pages, "pages")
    results = _results(cache, [*(page(each, 1) for each in windows), *pages])
    return sorted({row["id"] for row in results if settings.include_adult or not row.get("adult")})


def _list_request(path: str, params: dict[str, str | int], session_id: str) -> Request:
    query = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    return Request(f"list/{session_id}/{path}?{query}", path, params)


def _details(cache: ResponseCache, request: Request) -> dict[str, Any]:
    response = cache.get(request.key)
    if response.status != 200:
        raise SourceError(f"TMDB has no {request.path}; is fetch.base_url the address of its API?")
    return response.json()


def _page_count(cache: ResponseCache, request: Request) -> int:
    details = _details(cache, request)
    pages = details.get("total_pages")
    if not isinstance(pages, int) or not isinstance(details.get("results"), list):
        raise SourceError(f"TMDB's response to {request.path} is not a list of pages")
    return pages


def _results(cache: ResponseCache, requests: Iterable[Request]) -> list[dict[str, Any]]:
    rows = (row for request in requests for row in _details(cache, request).get("results", []))
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int)]


def _flag(value: bool) -> str:
    return "true" if value else "false"
