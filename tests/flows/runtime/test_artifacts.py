"""Artifacts are sent in order from a thread, and a lost server does not stop the run."""

from __future__ import annotations

import logging
import threading

import pytest

from flows.runtime.artifacts import Artifacts


def test_artifacts_are_sent_in_order_from_another_thread() -> None:
    artifacts, seen, gate = Artifacts(), [], threading.Event()

    def create(name: str) -> int:
        gate.wait(10)
        seen.append((name, threading.current_thread() is threading.main_thread()))
        return len(seen)

    first = artifacts.send(create, "first")
    artifacts.send(lambda number, *, share: seen.append((number, share)), first, share=0.5)
    assert seen == []  # the run does not wait
    gate.set()
    artifacts.close()
    assert seen == [("first", False), (1, 0.5)]


def test_a_failed_artifact_is_logged_once_and_the_rest_are_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    artifacts, seen = Artifacts(), []

    def refuse() -> None:
        raise ConnectionError("no server there")

    with caplog.at_level(logging.WARNING):
        lost = artifacts.send(refuse)
        artifacts.send(refuse)
        artifacts.send(seen.append, lost)
        artifacts.close()
    assert seen == []
    (record,) = caplog.records
    assert "no server there" in record.getMessage()
