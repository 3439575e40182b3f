"""One request, with and without failures of the server."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.lib.tmdb_films import FIRST_ID, films
from benchmarks.lib.tmdb_server import KEY, TOKEN, TmdbServer
from pipeline.errors import SettingsError, SourceError
from pipeline.settings import FetchSettings, load_settings
from pipeline.sources.tmdb.client import Client, GaveUpError, Request
from pipeline.sources.tmdb.credentials import Credentials
from pipeline.sources.tmdb.film_mapping import film_request
from pipeline.sources.tmdb.rate_limiter import RateLimiter
from pipeline.sources.tmdb.response_cache import ResponseCache
from tests.support.tmdb_client import download_all, get, quick, token

FILM = f"movie/{FIRST_ID}"


@pytest.fixture(scope="module")
def running() -> Iterator[TmdbServer]:
    with TmdbServer(films(60)) as server:
        yield server


@pytest.fixture
def server(running: TmdbServer) -> TmdbServer:
    running.log.clear()
    running.faults.clear()
    return running


def test_a_film_with_its_parts_is_one_request(server: TmdbServer) -> None:
    parts = "keywords,credits,reviews"
    response = get(quick(server), FILM, append_to_response=parts, language="en-US")
    assert response.status == 200
    assert response.json()["id"] == FIRST_ID
    assert {"keywords", "credits", "reviews"} <= response.json().keys()
    (hit,) = server.log
    assert hit.params == {"append_to_response": parts, "language": "en-US"}
    assert hit.signed == "bearer"
    assert hit.user == "micro-genre-miner"


@pytest.mark.parametrize(
    "fault",
    ["500", "502-html", "503", "reset", "torn", "cut", "garbled", "429", "429-date", "429-bare"],
)
def test_temporary_failures_are_retried(server: TmdbServer, fault: str) -> None:
    server.faults[FILM] = deque([fault])
    assert get(quick(server), FILM).json()["id"] == FIRST_ID
    assert len(server.log) == 2
    gap = server.log[1].at - server.log[0].at
    if fault == "429":
        assert gap >= 1.0
    if fault == "429-date":
        assert gap > 0.0


def test_a_time_out_is_retried(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["slow:1"])
    assert get(quick(server, timeout_seconds=0.3), FILM).status == 200
    assert len(server.log) == 2


def test_a_slow_response_is_awaited(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["slow:0.3"])
    assert get(quick(server), FILM).status == 200
    assert len(server.log) == 1


def test_waits_grow_and_are_random(server: TmdbServer, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def record(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("pipeline.sources.tmdb.client.sleep", record)
    server.faults[FILM] = deque(["500"] * 6)
    assert get(quick(server, backoff_seconds=1.0), FILM).status == 200
    assert len(waits) == 6
    for tried, wait in enumerate(waits):
        assert 0.5 * 2**tried <= wait <= 2**tried
    assert len({wait / 2**tried for tried, wait in enumerate(waits)}) > 1


def test_a_429_delays_all_requests(server: TmdbServer, tmp_path: Path) -> None:
    server.faults[FILM] = deque(["429"])
    settings = quick(server, requests_per_second=100)
    wanted = [film_request(film, settings) for film in range(FIRST_ID, FIRST_ID + 60)]
    with ResponseCache(tmp_path / "cache.sqlite") as cache:
        assert download_all(settings, cache, wanted) == {}
    first = min(hit.at for hit in server.log)
    refused = next(hit.at for hit in server.log if hit.status == 429)
    meanwhile = [hit for hit in server.log if refused + 0.5 < hit.at < refused + 1.0]
    assert refused - first < 0.5
    assert meanwhile == []


def test_too_long_a_wait_ends_the_fetch(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["429"])
    with pytest.raises(SourceError, match=r"fetch\.max_wait_seconds"):
        get(quick(server, max_wait_seconds=0.5), FILM)


def test_a_missing_film_is_a_response(server: TmdbServer) -> None:
    response = get(quick(server), "movie/99")
    assert response.status == 404
    assert json.loads(response.body)["status_code"] == 34
    assert len(server.log) == 1


def test_a_request_is_given_up_after_its_retries(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["500"] * 9)
    with pytest.raises(GaveUpError, match=r"500 Internal error.*tried 3 times"):
        get(quick(server, retries=2), FILM)
    assert len(server.log) == 3


def test_a_server_that_returns_only_errors_ends_the_fetch(
    server: TmdbServer, tmp_path: Path
) -> None:
    server.faults["*"] = deque(["503"] * 500)
    settings = quick(server, retries=1, give_up_after=5, connections=4)
    wanted = [film_request(film, settings) for film in range(FIRST_ID, FIRST_ID + 60)]
    with (
        ResponseCache(tmp_path / "cache.sqlite") as cache,
        pytest.raises(SourceError, match=r"5 requests in a row.*503 Service offline"),
    ):
        download_all(settings, cache, wanted)
    assert len(server.log) <= 2 * (5 + 4)


def test_given_up_requests_are_reported_and_sent_again_later(
    server: TmdbServer, tmp_path: Path
) -> None:
    server.faults[FILM] = deque(["500"] * 2)
    settings = quick(server, retries=1)
    wanted = [film_request(film, settings) for film in (FIRST_ID, FIRST_ID + 1, 99)]
    with ResponseCache(tmp_path / "cache.sqlite") as cache:
        given_up = download_all(settings, cache, wanted)
        assert list(given_up) == [wanted[0].key]
        server.log.clear()
        assert download_all(settings, cache, wanted) == {}
    assert [hit.path for hit in server.log] == [FILM]  # neither the stored film nor the stored 404


@pytest.mark.parametrize("variable", ["TMDB_TOKEN", "TMDB_API_KEY"])
def test_a_refused_key_ends_the_fetch_at_once(
    server: TmdbServer, tmp_path: Path, variable: str
) -> None:
    wrong = Credentials.of({variable: "f" * 32})

    async def with_client() -> None:
        settings = quick(server)
        async with Client(settings, wrong, RateLimiter(1_000)) as client:
            await client.get(Request("x", FILM, {}))

    with pytest.raises(SourceError, match=f"{variable}.*401 Invalid API key") as raised:
        asyncio.run(with_client())
    assert "f" * 32 not in f"{raised.value!r} {raised.value}"
    assert len(server.log) == 1


def test_an_address_other_than_the_api_is_an_error(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["404-html"])
    with pytest.raises(SourceError, match=r"404 no JSON object.*fetch\.base_url"):
        get(quick(server), FILM)
    assert len(server.log) == 1


def test_a_wrong_parameter_is_an_error_without_retry(server: TmdbServer) -> None:
    with pytest.raises(SourceError, match=r"400 Invalid page.*501"):
        get(quick(server), "discover/movie", page=501)
    assert len(server.log) == 1


# --- credentials


def test_keys_are_parameters_and_tokens_are_headers(server: TmdbServer) -> None:
    get(quick(server), FILM, Credentials.of({"TMDB_API_KEY": KEY}))
    get(quick(server), FILM, Credentials.of({"TMDB_TOKEN": TOKEN, "TMDB_API_KEY": "x"}))
    get(quick(server), FILM, Credentials.of({"TMDB_API_KEY": f" {TOKEN}\n"}))  # the wrong variable
    assert [hit.signed for hit in server.log] == ["key", "bearer", "bearer"]


@pytest.mark.parametrize("found", [{}, {"TMDB_API_KEY": "  "}])
def test_the_error_without_a_key_says_how_to_get_one(found: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="set TMDB_TOKEN"):
        Credentials.of(found)


def test_the_error_of_a_malformed_key_does_not_show_it() -> None:
    with pytest.raises(SettingsError, match="TMDB_API_KEY") as raised:
        Credentials.of({"TMDB_API_KEY": "abc def\nsecret"})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("fault", ["", "500", "reset", "torn", "cut", "slow:1"])
def test_no_log_or_error_shows_the_key(
    server: TmdbServer, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults[FILM] = deque([fault])
    credentials = Credentials.of({"TMDB_API_KEY": KEY})
    texts = [repr(credentials), str(credentials)]
    try:
        get(quick(server, retries=0, timeout_seconds=0.3), FILM, credentials)
    except GaveUpError as error:
        assert fault
        chain: BaseException | None = error
        while chain is not None:
            request = getattr(chain, "_request", None)
            texts += [repr(chain), str(chain), str(request and request.url)]
            chain = chain.__cause__ or chain.__context__
    else:
        assert not fault
    (hit,) = server.log
    assert hit.signed == "key"
    assert "HTTP Request: GET" in caplog.text or fault in ("reset", "torn", "slow:1")
    assert KEY not in caplog.text + " ".join(texts)


def test_a_key_is_never_sent_unencrypted_to_another_machine() -> None:
    for address in ("http://tmdb.example/3", "ftp://x/3", "https://user@host/3"):
        with pytest.raises(SettingsError, match=r"fetch\.base_url"):
            load_settings(overrides={"fetch": {"base_url": address}})
    assert FetchSettings(base_url="http://localhost:8080/3").base_url.endswith("/3")
    assert token().is_token
