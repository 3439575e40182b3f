"""One request on good days and bad ones."""

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
from pipeline.sources.tmdb.rate_limiter import Limiter
from pipeline.sources.tmdb.response_cache import Answers
from tests.support.tmdb_client import ask, ask_all, quick, token

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
    answer = ask(quick(server), FILM, append_to_response=parts, language="en-US")
    assert answer.status == 200
    assert answer.json()["id"] == FIRST_ID
    assert {"keywords", "credits", "reviews"} <= answer.json().keys()
    (hit,) = server.log
    assert hit.params == {"append_to_response": parts, "language": "en-US"}
    assert hit.signed == "bearer"
    assert hit.user == "micro-genre-miner"


@pytest.mark.parametrize(
    "fault",
    ["500", "502-html", "503", "reset", "torn", "cut", "garbled", "429", "429-date", "429-bare"],
)
def test_what_may_pass_is_tried_again(server: TmdbServer, fault: str) -> None:
    server.faults[FILM] = deque([fault])
    assert ask(quick(server), FILM).json()["id"] == FIRST_ID
    assert len(server.log) == 2
    gap = server.log[1].at - server.log[0].at
    if fault == "429":
        assert gap >= 1.0
    if fault == "429-date":
        assert gap > 0.0


def test_a_silent_server_is_asked_again(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["slow:1"])
    assert ask(quick(server, timeout_seconds=0.3), FILM).status == 200
    assert len(server.log) == 2


def test_a_slow_answer_is_waited_for(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["slow:0.3"])
    assert ask(quick(server), FILM).status == 200
    assert len(server.log) == 1


def test_waits_grow_and_are_not_all_alike(
    server: TmdbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def noted(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("pipeline.sources.tmdb.client.sleep", noted)
    server.faults[FILM] = deque(["500"] * 6)
    assert ask(quick(server, backoff_seconds=1.0), FILM).status == 200
    assert len(waits) == 6
    for tried, wait in enumerate(waits):
        assert 0.5 * 2**tried <= wait <= 2**tried
    assert len({wait / 2**tried for tried, wait in enumerate(waits)}) > 1


def test_a_429_makes_all_others_wait_too(server: TmdbServer, tmp_path: Path) -> None:
    server.faults[FILM] = deque(["429"])
    settings = quick(server, requests_per_second=100)
    wanted = [film_request(film, settings) for film in range(FIRST_ID, FIRST_ID + 60)]
    with Answers(tmp_path / "answers") as answers:
        assert ask_all(settings, answers, wanted) == {}
    first = min(hit.at for hit in server.log)
    refused = next(hit.at for hit in server.log if hit.status == 429)
    meanwhile = [hit for hit in server.log if refused + 0.5 < hit.at < refused + 1.0]
    assert refused - first < 0.5
    assert meanwhile == []


def test_too_long_a_wait_ends_it(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["429"])
    with pytest.raises(SourceError, match=r"fetch\.max_wait_seconds"):
        ask(quick(server, max_wait_seconds=0.5), FILM)


def test_a_film_that_is_not_there_is_an_answer(server: TmdbServer) -> None:
    answer = ask(quick(server), "movie/99")
    assert answer.status == 404
    assert json.loads(answer.body)["status_code"] == 34
    assert len(server.log) == 1


def test_one_request_is_given_up_after_its_retries(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["500"] * 9)
    with pytest.raises(GaveUpError, match=r"500 Internal error.*tried 3 times"):
        ask(quick(server, retries=2), FILM)
    assert len(server.log) == 3


def test_a_server_of_errors_only_ends_the_fetch(server: TmdbServer, tmp_path: Path) -> None:
    server.faults["*"] = deque(["503"] * 500)
    settings = quick(server, retries=1, give_up_after=5, connections=4)
    wanted = [film_request(film, settings) for film in range(FIRST_ID, FIRST_ID + 60)]
    with (
        Answers(tmp_path / "answers") as answers,
        pytest.raises(SourceError, match=r"5 requests in a row.*503 Service offline"),
    ):
        ask_all(settings, answers, wanted)
    assert len(server.log) <= 2 * (5 + 4)


def test_what_is_given_up_is_told_and_not_remembered(server: TmdbServer, tmp_path: Path) -> None:
    server.faults[FILM] = deque(["500"] * 2)
    settings = quick(server, retries=1)
    wanted = [film_request(film, settings) for film in (FIRST_ID, FIRST_ID + 1, 99)]
    with Answers(tmp_path / "answers") as answers:
        given_up = ask_all(settings, answers, wanted)
        assert list(given_up) == [wanted[0].key]
        server.log.clear()
        assert ask_all(settings, answers, wanted) == {}
    assert [hit.path for hit in server.log] == [FILM]  # neither the film that came nor the 404


@pytest.mark.parametrize("variable", ["TMDB_TOKEN", "TMDB_API_KEY"])
def test_a_refused_key_ends_it_at_once(server: TmdbServer, tmp_path: Path, variable: str) -> None:
    wrong = Credentials.of({variable: "f" * 32})

    async def within() -> None:
        settings = quick(server)
        async with Client(settings, wrong, Limiter(1_000)) as client:
            await client.get(Request("x", FILM, {}))

    with pytest.raises(SourceError, match=f"{variable}.*401 Invalid API key") as raised:
        asyncio.run(within())
    assert "f" * 32 not in f"{raised.value!r} {raised.value}"
    assert len(server.log) == 1


def test_an_address_that_is_not_the_api_is_told(server: TmdbServer) -> None:
    server.faults[FILM] = deque(["404-html"])
    with pytest.raises(SourceError, match=r"404 no JSON object.*fetch\.base_url"):
        ask(quick(server), FILM)
    assert len(server.log) == 1


def test_a_wrong_parameter_is_told_and_not_tried_again(server: TmdbServer) -> None:
    with pytest.raises(SourceError, match=r"400 Invalid page.*501"):
        ask(quick(server), "discover/movie", page=501)
    assert len(server.log) == 1


# --- who asks


def test_key_and_token_go_where_they_belong(server: TmdbServer) -> None:
    ask(quick(server), FILM, Credentials.of({"TMDB_API_KEY": KEY}))
    ask(quick(server), FILM, Credentials.of({"TMDB_TOKEN": TOKEN, "TMDB_API_KEY": "x"}))
    ask(quick(server), FILM, Credentials.of({"TMDB_API_KEY": f" {TOKEN}\n"}))  # the wrong variable
    assert [hit.signed for hit in server.log] == ["key", "bearer", "bearer"]


@pytest.mark.parametrize("found", [{}, {"TMDB_API_KEY": "  "}])
def test_no_key_says_how_to_get_one(found: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="set TMDB_TOKEN"):
        Credentials.of(found)


def test_a_broken_key_is_told_without_it() -> None:
    with pytest.raises(SettingsError, match="TMDB_API_KEY") as raised:
        Credentials.of({"TMDB_API_KEY": "abc def\nsecret"})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("fault", ["", "500", "reset", "torn", "cut", "slow:1"])
def test_a_key_is_nowhere_to_be_read(
    server: TmdbServer, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults[FILM] = deque([fault])
    credentials = Credentials.of({"TMDB_API_KEY": KEY})
    told = [repr(credentials), str(credentials)]
    try:
        ask(quick(server, retries=0, timeout_seconds=0.3), FILM, credentials)
    except GaveUpError as error:
        assert fault
        chain: BaseException | None = error
        while chain is not None:
            request = getattr(chain, "_request", None)
            told += [repr(chain), str(chain), str(request and request.url)]
            chain = chain.__cause__ or chain.__context__
    else:
        assert not fault
    (hit,) = server.log
    assert hit.signed == "key"
    assert "HTTP Request: GET" in caplog.text or fault in ("reset", "torn", "slow:1")
    assert KEY not in caplog.text + " ".join(told)


def test_a_key_goes_to_no_other_machine_in_clear() -> None:
    for address in ("http://tmdb.example/3", "ftp://x/3", "https://user@host/3"):
        with pytest.raises(SettingsError, match=r"fetch\.base_url"):
            load_settings(overrides={"fetch": {"base_url": address}})
    assert FetchSettings(base_url="http://localhost:8080/3").base_url.endswith("/3")
    assert token().is_token
