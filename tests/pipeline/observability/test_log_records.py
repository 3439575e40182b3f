"""Records contain their run, stage and piece, as text and as JSON, and no secrets."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from pipeline.observability.log_records import (
    ContextFilter,
    JsonFormatter,
    TextFormatter,
    context_value,
    log_context,
)


def record(message: str = "said %d", *values: object) -> logging.LogRecord:
    return logging.LogRecord("pipeline.x", logging.INFO, "x.py", 1, message, values or (1,), None)


def test_the_context_ends_with_the_block() -> None:
    with log_context(run="r1", stage="embed"):
        with log_context(piece="p00001"):
            assert [context_value(field) for field in ("run", "stage", "piece")] == [
                "r1",
                "embed",
                "p00001",
            ]
        assert context_value("piece") == ""
    assert context_value("run") == ""


def test_json_lines() -> None:
    with log_context(run="r1", stage="embed", piece="p00001"):
        line = JsonFormatter().format(record("said\n%d", 2))
    assert "\n" not in line
    fields = json.loads(line)
    assert fields.pop("time").endswith("+00:00")
    assert fields == {
        "level": "INFO",
        "logger": "pipeline.x",
        "message": "said\n2",
        "run": "r1",
        "stage": "embed",
        "piece": "p00001",
    }
    assert set(json.loads(JsonFormatter().format(record()))) == {
        "time",
        "level",
        "logger",
        "message",
    }


def test_text_lines() -> None:
    with log_context(run="0123456789", stage="embed", piece="p00001"):
        assert TextFormatter().format(record())[8:] == " INFO run 01234567 embed p00001: said 1"
        assert TextFormatter(timed=False).format(record()) == "embed p00001: said 1"
    assert TextFormatter(timed=False).format(record()) == "said 1"


def test_secrets_are_removed_from_messages_and_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "abcdef-123456")
    try:
        raise ValueError("abcdef-123456 is refused")
    except ValueError:
        failed = record("the key is %s", "abcdef-123456")
        failed.exc_info = sys.exc_info()
    assert ContextFilter().filter(failed)
    for line in (JsonFormatter().format(failed), TextFormatter().format(failed)):
        assert "abcdef" not in line
        assert "ValueError" in line
