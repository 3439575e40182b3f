"""The step that requests names: real server, real store, real runner; nothing is sent twice."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from flows.events import Event, Note, PieceDone, StageDone, StageStarted, listen
from flows.mining.namer import suggest_names
from flows.runtime.context import RunContext
from pipeline.label.namer import NAMER_PROMPTS
from pipeline.settings import LabelSettings, Settings
from pipeline.storage.store import Store
from tests.support.chat_server import ChatServer, names_for


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAMER_API_KEY", raising=False)


class Killed(BaseException):
    """Ends a run as a signal does."""


def no_cluster() -> Any:
    pytest.fail("the step must run in the process of the flow")


def prompts(count: int) -> pa.Table:
    rows = [{"cluster": number, "subjects": [f"theme {number}"]} for number in range(count)]
    return pa.Table.from_pylist(rows, NAMER_PROMPTS)


def suggest(
    out: Path, setting: str, count: int = 20, resume: bool = True, **label: Any
) -> tuple[dict[int, list[str]], list[Event]]:
    """Run the step in an output folder; return the names and the events."""
    limits: dict[str, Any] = {
        "namer_requests": 4,
        "namer_request_seconds": 5.0,
        "namer_seconds": 60.0,
        **label,
    }
    settings = Settings(label=LabelSettings(namer=setting, **limits))
    events: list[Event] = []
    with listen(events.append), RunContext(Store(out), settings, no_cluster, resume=resume) as run:
        return suggest_names(run, prompts(count)), events


def warnings(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Note)]


def all_names(count: int) -> dict[int, list[str]]:
    return {n: [f"Classic Theme {n} Dramas", f"Theme {n} Thrillers"] for n in range(count)}


def test_every_micro_genre_gets_names_and_the_stage_is_shown(tmp_path: Path) -> None:
    with ChatServer() as server:
        names, events = suggest(tmp_path, server.setting)
    assert names == all_names(20)
    assert len(server.chats) == 20
    assert warnings(events) == []
    assert events[0] == StageStarted("ask-namer", 3)
    assert events[1:-1] == [PieceDone("ask-namer", done, 3) for done in (1, 2, 3)]
    assert isinstance(events[-1], StageDone)
    assert events[-1].detail == "names for 20 of 20 micro-genres"


def test_an_empty_setting_runs_nothing(tmp_path: Path) -> None:
    names, events = suggest(tmp_path, "")
    assert (names, events) == ({}, [])
    assert list((tmp_path / "work").iterdir()) == []


def test_a_resumed_run_requests_nothing_twice(tmp_path: Path) -> None:
    with ChatServer() as server:
        first, _ = suggest(tmp_path, server.setting)
        again, events = suggest(tmp_path, server.setting)
    assert again == first
    assert len(server.chats) == 20
    assert PieceDone("ask-namer", 3, 3, 3) in events


def test_a_killed_run_continues_with_the_piece_that_was_not_committed(tmp_path: Path) -> None:
    def kill(event: Event) -> None:
        if isinstance(event, PieceDone) and event.done == 1:
            raise Killed

    with ChatServer() as server:
        settings = Settings(label=LabelSettings(namer=server.setting))
        with (
            pytest.raises(Killed),
            listen(kill),
            RunContext(Store(tmp_path), settings, no_cluster) as run,
        ):
            suggest_names(run, prompts(20))
        assert sorted(server.subjects()) == sorted(f"theme {n}" for n in range(8))
        names, _ = suggest(tmp_path, server.setting)
    assert names == all_names(20)
    assert sorted(server.subjects()) == sorted(f"theme {n}" for n in range(20)), "each once"


def test_force_requests_everything_again(tmp_path: Path) -> None:
    with ChatServer() as server:
        suggest(tmp_path, server.setting)
        names, _ = suggest(tmp_path, server.setting, resume=False)
    assert names == all_names(20)
    assert len(server.chats) == 40


def test_other_limits_reuse_the_answers(tmp_path: Path) -> None:
    with ChatServer() as server:
        suggest(tmp_path, server.setting)
        suggest(tmp_path, server.setting, namer_requests=1, namer_request_seconds=9.0)
    assert len(server.chats) == 20


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    with ChatServer() as server:
        settings = Settings(label=LabelSettings(namer=server.setting))
        results = []
        for table in (prompts(12), prompts(12).take(list(range(11, -1, -1)))):
            with RunContext(Store(tmp_path), settings, no_cluster) as run:
                results.append(suggest_names(run, table))
    assert results[0] == results[1]
    assert len(server.chats) == 12


def test_a_server_that_is_down_costs_one_warning(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        setting = f"openai:http://127.0.0.1:{free.getsockname()[1]}/v1#m"
    started = time.monotonic()
    names, events = suggest(tmp_path, setting, count=300, namer_seconds=3.0, namer_requests=8)
    assert time.monotonic() - started < 10
    assert names == {}
    (warning,) = warnings(events)
    assert "suggested no name for 300 of 300 micro-genres" in warning
    assert "8: no connection to the server" in warning
    assert Store(tmp_path).work.failures() == []
    with ChatServer() as server:
        assert suggest(tmp_path, server.setting)[0] == all_names(20)


def test_a_server_that_comes_back_is_used_by_the_next_run(tmp_path: Path) -> None:
    with ChatServer(faults=["404"] * 20) as server:
        assert suggest(tmp_path, server.setting)[0] == {}
        assert len(server.chats) == 8, "after 8 failures in a row it is left alone"
        server.faults.clear()
        names, events = suggest(tmp_path, server.setting)
        assert (names, warnings(events)) == (all_names(20), [])
        assert len(server.chats) == 8 + 20
        suggest(tmp_path, server.setting)
    assert len(server.chats) == 8 + 20


def test_answers_of_before_are_used_when_the_server_is_gone(tmp_path: Path) -> None:
    with ChatServer() as server:
        first, _ = suggest(tmp_path, server.setting)
        setting = server.setting
    names, events = suggest(tmp_path, setting)
    assert (names, warnings(events)) == (first, [])


def test_what_was_not_answered_gets_a_second_chance_and_nothing_else(tmp_path: Path) -> None:
    faults = ["", "404", "", "404", "", "", "", "", "404"]
    with ChatServer(faults=faults) as server:
        names, events = suggest(tmp_path, server.setting, namer_requests=1)
        assert (names, warnings(events)) == (all_names(20), [])
        assert server.subjects()[20:] == ["theme 1", "theme 3", "theme 8"]
        assert suggest(tmp_path, server.setting)[0] == names
    assert len(server.chats) == 23


def test_nonsense_is_an_answer_and_is_not_requested_again(tmp_path: Path) -> None:
    with ChatServer(lambda prompt: "?" if "theme 7\n" in prompt else names_for(prompt)) as server:
        for _ in range(2):
            names, events = suggest(tmp_path, server.setting)
            (warning,) = warnings(events)
            assert "suggested no name for 1 of 20 micro-genres (1: no usable name in" in warning
            assert set(names) == set(range(20)) - {7}
    assert len(server.chats) == 20


@pytest.mark.parametrize("fault", ["html", "empty", "500:3600", "429:3600", "401", "slow:30"])
def test_a_broken_server_never_stops_the_run(tmp_path: Path, fault: str) -> None:
    started = time.monotonic()
    with ChatServer(always=fault) as server:
        names, events = suggest(tmp_path, server.setting, namer_request_seconds=0.5)
    assert time.monotonic() - started < 10
    assert names == {}
    (warning,) = warnings(events)
    assert "20 of 20 micro-genres" in warning
    assert "\n" not in warning
    assert len(server.chats) == 8


def test_the_time_for_all_requests_is_kept(tmp_path: Path) -> None:
    started = time.monotonic()
    with ChatServer(always="slow:0.3") as server:
        names, events = suggest(
            tmp_path, server.setting, namer_requests=1, namer_seconds=1.0, count=40
        )
        assert time.monotonic() - started < 5
        assert 1 <= len(names) <= 4
        (warning,) = warnings(events)
        assert "the time for the namer is over" in warning
        server.always = ""
        sent = len(server.chats)
        assert suggest(tmp_path, server.setting, count=40)[0] == all_names(40)
    assert len(server.chats) == sent + 40 - len(names)


def test_the_key_is_sent_and_is_in_no_file_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAMER_API_KEY", "sk-0815-secret")
    with ChatServer() as server:
        suggest(tmp_path, server.setting)
    assert set(server.keys) == {"Bearer sk-0815-secret"}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"sk-0815" in path.read_bytes()] == []
