"""The stage `ask-namer` with a real server: names, reasons, limits, and the fingerprint."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr

from pipeline.execution.stage import Piece, Stage, piece_fingerprint
from pipeline.label.namer.ask import (
    NAMER_OUTCOMES,
    NAMER_SUGGESTIONS,
    NO_NAME,
    NamerRequest,
    ask_namer,
)
from pipeline.label.namer.prompts import NAMER_PROMPTS
from tests.support.chat_server import MODEL, ChatServer


def prompts(*subjects: str, **more: Any) -> pa.Table:
    rows = [
        {"cluster": number, "subjects": [subject], **more}
        for number, subject in enumerate(subjects)
    ]
    return pa.Table.from_pylist(rows, NAMER_PROMPTS)


def request(server: ChatServer, **options: Any) -> NamerRequest:
    return NamerRequest(**{"url": server.url, "model": MODEL, "request_seconds": 5, **options})


def test_each_micro_genre_gets_its_names_in_the_order_of_the_rows() -> None:
    with ChatServer() as server:
        tables = ask_namer(prompts("shark", "prison", "heist"), request(server))
    assert tables["suggestions"].schema == NAMER_SUGGESTIONS
    assert tables["outcomes"].schema == NAMER_OUTCOMES
    assert [tuple(row.values()) for row in tables["suggestions"].to_pylist()] == [
        (0, 0, "Classic Shark Dramas"),
        (0, 1, "Shark Thrillers"),
        (1, 0, "Classic Prison Dramas"),
        (1, 1, "Prison Thrillers"),
        (2, 0, "Classic Heist Dramas"),
        (2, 1, "Heist Thrillers"),
    ]
    assert [tuple(row.values()) for row in tables["outcomes"].to_pylist()] == [
        (number, True, "") for number in range(3)
    ]


def test_no_more_names_than_requested() -> None:
    def many(_prompt: str) -> str:
        return json.dumps([f"Prison Films of {'x' * n}" for n in range(1, 200)])

    with ChatServer(many) as server:
        tables = ask_namer(prompts("prison"), request(server, names=3))
    assert tables["suggestions"]["rank"].to_pylist() == [0, 1, 2]


def test_what_fails_is_a_reason_and_the_others_get_names() -> None:
    def some(prompt: str) -> str:
        return "I cannot." if "prison" in prompt else '["Classic Shark Dramas"]'

    with ChatServer(some, faults=["404"]) as server:
        tables = ask_namer(prompts("shark", "prison", "reef"), request(server, connections=1))
    assert [tuple(row.values()) for row in tables["outcomes"].to_pylist()] == [
        (0, False, "status 404: fault 404"),
        (1, True, NO_NAME),
        (2, True, ""),
    ]
    assert tables["suggestions"]["cluster"].to_pylist() == [2]


def test_persons_and_titles_are_left_out() -> None:
    with ChatServer(lambda _: '["Harry Callahan Police Thrillers", "Dirty Harry"]') as server:
        table = prompts("police", titles=["Dirty Harry"], persons=["Harry Callahan"])
        tables = ask_namer(table, request(server))
    assert tables["outcomes"]["reason"].to_pylist() == [NO_NAME]


@pytest.mark.parametrize("connections", [1, 3])
def test_the_limit_of_requests_at_the_same_time_is_kept(connections: int) -> None:
    with ChatServer(always="slow:0.2") as server:
        ask_namer(prompts(*"abcdefgh"), request(server, connections=connections))
    assert len(server.chats) == 8
    assert server.most_at_once == connections


def test_limits_and_key_are_no_part_of_the_fingerprint_and_all_that_is_sent_is() -> None:
    usual = NamerRequest(url="http://127.0.0.1:1/v1", model="m")

    def mark(**changes: Any) -> str:
        stage = Stage.of(ask_namer, usual.model_copy(update=changes))
        return piece_fingerprint(stage, Piece("p", {}))

    key = SecretStr("sk-0815")
    for changes in ({"key": key}, {"connections": 9}, {"request_seconds": 1.0}, {"seconds": 1.0}):
        assert mark(**changes) == mark()
    other = [
        mark(model="n"),
        mark(url="http://127.0.0.1:2/v1"),
        mark(language="de"),
        mark(names=3),
        mark(prompt_version=99),
    ]
    assert len({mark(), *other}) == 6
