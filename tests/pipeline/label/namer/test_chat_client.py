"""The client against a real server that answers late, badly or not at all."""

from __future__ import annotations

import asyncio
import socket
import time
from email.utils import formatdate

import pytest
from pydantic import SecretStr

from pipeline.label.namer.chat_client import ChatClient, NoAnswerError
from pipeline.settings.namer_address import NamerAddress
from tests.support.chat_server import MODEL, ChatServer, names_for

MESSAGES = [{"role": "user", "content": "Subjects: shark"}]


def complete(
    server: ChatServer,
    *,
    url: str = "",
    key: str = "",
    request_seconds: float = 5.0,
    seconds: float = 20.0,
) -> str:
    async def with_client() -> str:
        async with ChatClient(
            NamerAddress(url or server.url, MODEL),
            SecretStr(key) if key else None,
            request_seconds=request_seconds,
            connections=1,
            deadline=time.monotonic() + seconds,
        ) as client:
            return await client.complete(MESSAGES)

    return asyncio.run(with_client())


def fails(server: ChatServer, match: str, **options: object) -> float:
    """Check that a request fails with that reason, in one line; return the seconds it took."""
    started = time.monotonic()
    with pytest.raises(NoAnswerError, match=match) as raised:
        complete(server, **options)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)
    return time.monotonic() - started


def test_the_request_has_the_fields_that_all_servers_know() -> None:
    with ChatServer() as server:
        assert complete(server) == names_for(MESSAGES[0]["content"])
    (chat,) = server.chats
    assert set(chat) == {"model", "messages", "stream", "temperature", "seed", "max_tokens"}
    assert (chat["model"], chat["stream"], chat["temperature"]) == (MODEL, False, 0)
    assert server.keys == [""], "no key is set, so none is sent"


def test_the_key_is_a_bearer_token() -> None:
    with ChatServer() as server:
        complete(server, key="sk-0815")
    assert server.keys == ["Bearer sk-0815"]


@pytest.mark.parametrize("faults", [["500"], ["503", "429"], ["reset"], ["429:0"], ["429:1"]])
def test_after_a_short_failure_the_request_is_sent_again(faults: list[str]) -> None:
    with ChatServer(faults=faults) as server:
        assert "shark" in complete(server)
    assert len(server.chats) == len(faults) + 1


def test_the_wait_that_the_server_demands_is_kept() -> None:
    with ChatServer(faults=["429:1"]) as server:
        started = time.monotonic()
        complete(server)
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    "after",
    ["3600", formatdate(time.time() + 3_600, usegmt=True)],
    ids=["seconds", "date"],  # the same in each process of pytest-xdist
)
def test_a_wait_longer_than_the_time_is_not_begun(after: str) -> None:
    with ChatServer(always=f"429:{after}") as server:
        assert fails(server, "status 429: fault 429") < 3
    assert len(server.chats) == 1


def test_a_server_that_stays_broken_is_left_after_some_tries() -> None:
    with ChatServer(always="500") as server:
        fails(server, "status 500", seconds=4)
    assert 2 <= len(server.chats) <= 5


def test_parameters_that_a_server_refuses_are_left_out() -> None:
    with ChatServer(faults=["400"]) as server:
        assert "shark" in complete(server)
    assert set(server.chats[1]) == {"model", "messages", "stream"}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("401", "the key is refused or missing; set NAMER_API_KEY"),
        ("404", "status 404: fault 404"),
        ("html", "not a JSON object"),
        ("list", "not a JSON object"),
        ("empty", "no chat completion: out of memory"),
        ("huge", "more than"),
    ],
)
def test_another_try_is_not_made_where_it_cannot_help(fault: str, reason: str) -> None:
    with ChatServer(always=fault) as server:
        fails(server, reason)
    assert len(server.chats) == 1


def test_a_request_that_is_refused_twice_fails() -> None:
    with ChatServer(always="400") as server:
        fails(server, "status 400")
    assert len(server.chats) == 2


@pytest.mark.parametrize("fault", ["slow:20", "drip"])
def test_a_late_answer_ends_at_the_limit(fault: str) -> None:
    with ChatServer(always=fault) as server:
        assert fails(server, "no answer within 0.5 s", request_seconds=0.5) < 5
    assert len(server.chats) == 1


def test_no_request_runs_beyond_the_time_for_all() -> None:
    with ChatServer(always="slow:20") as server:
        assert fails(server, "no answer within", seconds=0.5) < 5
        fails(server, "the time for the namer is over", seconds=0)
    assert len(server.chats) == 1


def test_a_redirect_is_not_followed() -> None:
    with (
        ChatServer() as other,
        ChatServer(always=f"redirect:{other.url}/chat/completions") as first,
    ):
        fails(first, "status 307: the server redirects", key="sk-0815")
    assert (len(first.chats), other.chats, other.keys) == (1, [], [])


def test_a_closed_port_is_no_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with ChatServer() as server:
        fails(server, "no connection", url=closed, seconds=2)


def test_a_server_on_this_machine_is_reached_without_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with ChatServer() as server:
        assert "shark" in complete(server)


@pytest.mark.parametrize(("fault", "text"), [("thoughts", ""), ("parts", "shark")])
def test_content_may_be_missing_or_in_parts(fault: str, text: str) -> None:
    with ChatServer(always=fault) as server:
        answer = complete(server)
    assert text in answer
    assert bool(answer) is bool(text)
