"""The records of a run's progress in logs for programs."""

from __future__ import annotations

import io
import json
import logging
import time
from typing import Any

import pytest

from flows.events import PieceDone, StageDone, StageStarted, StepStarted, emit
from flows.runtime import log_sinks
from flows.runtime.log_sinks import EventLog, log_lines
from pipeline.settings import LogSettings


def test_the_progress_of_a_stage_is_logged_every_ten_seconds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moment = [0.0]
    log = EventLog(lambda: moment[0])
    with caplog.at_level(logging.INFO, "flows"):
        log(StepStarted("embed texts", 5, 14, "mine"))
        log(StageStarted("embed", 10, 1000))
        for done in range(1, 10):
            moment[0] += 4.0
            log(PieceDone("embed", done, 10))
        log(StageDone("embed", 40.0))
    messages = [record.getMessage() for record in caplog.records]
    assert messages[0] == "step 5 of 14: embed texts"
    assert [line.partition(",")[0] for line in messages[1:]] == [
        "embed begins",
        "embed 3/10",
        "embed 6/10",
        "embed 9/10",
        "embed done in 40.0 s",
    ]
    assert "25 films/s, about" in messages[2]


def test_json_lines_have_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(log_sinks, "_PROGRESS_SECONDS", 0.0)
    with log_lines(LogSettings(format="json")):
        emit(StepStarted("embed texts", 5, 14, "mine"))
        emit(StageStarted("embed", 10, 1000))
        time.sleep(0.6)
        emit(PieceDone("embed", 6, 10))
    lines: list[dict[str, Any]] = [json.loads(line) for line in stream.getvalue().splitlines()]
    last = lines[-1]
    assert (last["event"], last["stage"], last["done"], last["total"]) == (
        "PieceDone",
        "embed",
        6,
        10,
    )
    assert last["films_per_second"] > 0 and last["seconds_left"] > 0 and 0 < last["share"] < 1
    assert "films/s" in last["message"]
