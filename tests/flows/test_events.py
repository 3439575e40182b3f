"""Events reach all listeners, from any thread; a broken listener does not stop a run."""

from __future__ import annotations

import logging
import threading

import pytest

from flows.events import Address, Event, Note, PieceDone, emit, listen


def test_a_listener_gets_events_during_its_block_only() -> None:
    events: list[Event] = []
    emit(Note("before"))
    with listen(events.append):
        emit(Address("Dask dashboard", "http://x"))
    emit(Note("after"))
    assert events == [Address("Dask dashboard", "http://x")]


def test_all_listeners_get_events_of_all_threads() -> None:
    first: list[Event] = []
    second: list[Event] = []
    with listen(first.append), listen(second.append):
        threads = [
            threading.Thread(target=emit, args=(PieceDone("embed", done, 8),)) for done in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert first == second
    assert {event.done for event in first if isinstance(event, PieceDone)} == set(range(8))


def test_a_broken_listener_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    events: list[Event] = []
    calls: list[Event] = []

    def broken(event: Event) -> None:
        calls.append(event)
        raise BrokenPipeError("the terminal is gone")

    with caplog.at_level(logging.WARNING), listen(broken), listen(events.append):
        emit(Note("one"))
        emit(Note("two"))
    assert calls == [Note("one")]
    assert events == [Note("one"), Note("two")]
    assert "no longer shown" in caplog.text


def test_an_interrupt_in_a_listener_is_raised() -> None:
    def interrupt(_: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), listen(interrupt):
        emit(Note("one"))
    emit(Note("two"))
