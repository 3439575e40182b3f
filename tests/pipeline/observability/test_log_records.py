"""Records name their run, stage and piece, in text and in JSON, and keep secrets to themselves."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from pipeline.observability.log_records import Json, Plain, Tagged, logged_as, named


def record(message: str = "said %d", *values: object) -> logging.LogRecord:
    return logging.LogRecord("pipeline.x", logging.INFO, "x.py", 1, message, values or (1,), None)


def test_names_hold_for_the_block_only() -> None:
    with logged_as(run="r1", stage="embed"):
        with logged_as(piece="p00001"):
            assert [named(field) for field in ("run", "stage", "piece")] == [
                "r1",
                "embed",
                "p00001",
            ]
        assert named("piece") == ""
    assert named("run") == ""


def test_json_lines() -> None:
    with logged_as(run="r1", stage="embed", piece="p00001"):
        line = Json().format(record("said\n%d", 2))
    assert "\n" not in line
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "INFO",
        "logger": "pipeline.x",
        "message": "said\n2",
        "run": "r1",
        "stage": "embed",
        "piece": "p00001",
    }
    assert set(json.loads(Json().format(record()))) == {"time", "level", "logger", "message"}


def test_plain_lines() -> None:
    with logged_as(run="0123456789", stage="embed", piece="p00001"):
        assert Plain().format(record())[8:] == " INFO run 01234567 embed p00001: said 1"
        assert Plain(timed=False).format(record()) == "embed p00001: said 1"
    assert Plain(timed=False).format(record()) == "said 1"


def test_secrets_stay_out_of_messages_and_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "abcdef-123456")
    try:
        raise ValueError("abcdef-123456 is refused")
    except ValueError:
        made = record("the key is %s", "abcdef-123456")
        made.exc_info = sys.exc_info()
    assert Tagged().filter(made)
    for line in (Json().format(made), Plain().format(made)):
        assert "abcdef" not in line
        assert "ValueError" in line
