"""Lists: films by date of release beyond what a list shows, changes, and the daily id export."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks.lib.tmdb_films import film, films
from benchmarks.lib.tmdb_server import TmdbServer
from pipeline.errors import SourceError
from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.client import Client, Request
from pipeline.sources.tmdb.discovery import (
    ListedFilm,
    Window,
    change_windows,
    discover,
    list_changed,
)
from pipeline.sources.tmdb.downloader import download
from pipeline.sources.tmdb.id_export import read_export
from pipeline.sources.tmdb.rate_limiter import RateLimiter
from pipeline.sources.tmdb.response_cache import CACHE_FILE, ResponseCache
from tests.support.tmdb_client import quick, token

ALWAYS = Window(date(1874, 1, 1), date(2026, 11, 21))


def discover_all(
    server: TmdbServer, folder: Path, window: Window = ALWAYS, **options: Any
) -> list[ListedFilm]:
    settings = quick(server, **options)

    async def with_client() -> list[ListedFilm]:
        with ResponseCache(folder / CACHE_FILE) as cache:
            async with Client(settings, token(), RateLimiter(1_000)) as client:

                async def store(requests: Sequence[Request], _name: str) -> None:
                    assert not await download(client, cache, requests, not_before=0, workers=8)

                return await discover(store, cache, window, settings, "1")

    return asyncio.run(with_client())


def expected_ids(server: TmdbServer, **least: float) -> list[int]:
    return sorted(
        film["id"]
        for film in server.films.values()
        if film["release_date"]
        and not film["adult"]
        and film["vote_count"] >= least.get("votes", 0)
        and film["popularity"] >= least.get("popularity", 0)
    )


def test_every_dated_film_is_found_once(tmp_path: Path) -> None:
    with TmdbServer(films(700)) as server:
        found = discover_all(server, tmp_path)
        assert [film.id for film in found] == expected_ids(server)
        assert len({hit.query for hit in server.log}) == len(server.log)
        assert {film.id: film.popularity for film in found}[101] == server.films[101]["popularity"]
        server.log.clear()
        assert discover_all(server, tmp_path) == found  # nothing is requested again
        assert server.log == []


def test_votes_popularity_and_adult_films_are_filtered(tmp_path: Path) -> None:
    with TmdbServer(films(300)) as server:
        some = discover_all(server, tmp_path, min_votes=2_000, min_popularity=30.0)
        assert [film.id for film in some] == expected_ids(server, votes=2_000, popularity=30.0)
        assert 0 < len(some) < 200
        adult = discover_all(server, tmp_path / "adult", include_adult=True)
        assert {film.id for film in adult} - set(expected_ids(server)) == {
            film["id"] for film in server.films.values() if film["adult"] and film["release_date"]
        }


def many_films(count: int, first: date, days: int) -> dict[int, dict[str, Any]]:
    """Return many films released within a few days, with the fields of a list only."""
    shown = (
        "adult",
        "original_title",
        "overview",
        "popularity",
        "poster_path",
        "title",
        "video",
        "vote_average",
        "vote_count",
    )
    fields = {name: film(101)[name] for name in shown}
    return {
        number: {
            **fields,
            "id": number,
            "original_title": f"Film {number:06d}",
            "release_date": (first + timedelta(days=number % days)).isoformat(),
        }
        for number in range(1, count + 1)
    }


def test_more_films_than_a_list_shows_are_found(tmp_path: Path) -> None:
    count = 10_400
    # TMDB sometimes returns totals beyond 500 pages and sometimes not: this is the harder case.
    with TmdbServer(many_films(count, date(2020, 1, 1), 40), capped=True) as server:
        found = discover_all(server, tmp_path, Window(date(2020, 1, 1), date(2020, 2, 9)))
        assert [film.id for film in found] == list(range(1, count + 1))
        assert max(int(hit.params["page"]) for hit in server.log) < 500
        assert {hit.status for hit in server.log} == {200}


def test_a_day_with_more_films_than_a_list_shows_is_an_error(tmp_path: Path) -> None:
    with (
        TmdbServer(many_films(10_100, date(2020, 5, 5), 1)) as server,
        pytest.raises(SourceError, match=r"2020-05-05.*--ids"),
    ):
        discover_all(server, tmp_path)


def test_halves_have_no_common_day() -> None:
    for days in (2, 3, 8, 365):
        window = Window(date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=days - 1))
        one, other = window.halves()
        assert (one.first, other.last) == (window.first, window.last)
        assert other.first - one.last == timedelta(days=1)
        assert one.first <= one.last and other.first <= other.last


# --- changes


@pytest.mark.parametrize("days", [0, 1, 12, 13, 14, 15, 40, 365])
def test_change_windows_leave_out_no_day_and_are_short(days: int) -> None:
    first = date(2026, 1, 1)
    windows = change_windows(first, first + timedelta(days=days))
    assert windows[0].first == first
    assert windows[-1].last == first + timedelta(days=days)
    assert all((each.last - each.first).days < 14 for each in windows)
    for one, other in pairwise(windows):
        assert other.first == one.last < other.last


def test_changes_of_many_weeks_are_listed(tmp_path: Path) -> None:
    start = date(2026, 9, 1)
    changes = {
        start + timedelta(days=day): list(range(100 + 9 * day, 130 + 9 * day)) for day in range(60)
    }
    with TmdbServer(films(700), changes=changes) as server:
        settings = quick(server)

        async def with_client() -> list[int]:
            with ResponseCache(tmp_path / CACHE_FILE) as cache:
                async with Client(settings, token(), RateLimiter(1_000)) as client:

                    async def store(requests: Sequence[Request], _name: str) -> None:
                        await download(client, cache, requests, not_before=0, workers=8)

                    windows = change_windows(start + timedelta(days=10), start + timedelta(days=59))
                    return await list_changed(store, cache, windows, settings, "1")

        listed = asyncio.run(with_client())
        wanted = {f for day, ids in changes.items() if day >= start + timedelta(10) for f in ids}
        assert listed == sorted(f for f in wanted if not server.films.get(f, {}).get("adult"))
        assert {hit.status for hit in server.log} == {200}
        assert any(hit.params["page"] == "2" for hit in server.log)


def test_changes_of_the_future_are_refused() -> None:
    with pytest.raises(SourceError, match="future"):
        change_windows(date(2030, 1, 1), date(2026, 1, 1))


# --- the daily id export

EXPORT = [
    {"adult": False, "id": 3924, "original_title": "Blondie", "popularity": 1.87, "video": False},
    {"adult": True, "id": 5, "original_title": "Not this", "popularity": 9.0, "video": False},
    {"adult": False, "id": 6, "original_title": "A clip", "popularity": 9.0, "video": True},
    {"adult": False, "id": 2, "original_title": "Ariel", "popularity": 0.5, "video": False},
]


def lines() -> bytes:
    return "".join(json.dumps(film) + "\n" for film in EXPORT).encode()


@pytest.mark.parametrize("name", ["movie_ids_11_20_2026.json.gz", "movie_ids.json"])
def test_an_export_is_read_as_downloaded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(lines()) if name.endswith("gz") else lines())
    assert read_export(path, FetchSettings()) == [ListedFilm(2, 0.5), ListedFilm(3924, 1.87)]
    assert read_export(path, FetchSettings(min_popularity=1.0)) == [ListedFilm(3924, 1.87)]
    adult = read_export(path, FetchSettings(include_adult=True))
    assert [film.id for film in adult] == [2, 5, 3924]


def test_a_torn_export_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "movie_ids_11_20_2026.json.gz"
    path.write_bytes(gzip.compress(lines() * 2_000)[:-200])
    with pytest.raises(SourceError, match=r"movie_ids_11_20_2026.*download"):
        read_export(path, FetchSettings())


@pytest.mark.parametrize(
    "line", ["not json", "[]", '{"popularity": 1}', '{"id": "3"}', '{"id": 3, "popularity": "x"}']
)
def test_a_line_that_is_not_a_film_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ids.json"
    path.write_bytes(lines() + line.encode() + b"\n")
    with pytest.raises(SourceError, match=r"ids\.json, line 5"):
        read_export(path, FetchSettings())


def test_a_missing_export_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_export(tmp_path / "ids.json.gz", FetchSettings())
