"""Progress bars on a terminal, plain lines elsewhere, and nothing on standard output."""

from __future__ import annotations

import io
import logging
import re

import pytest
from rich.console import Console

from flows.events import Address, Note, PieceDone, StageDone, StageStarted, emit
from microgenres.cli.console import LINE_SECONDS, Lines, follow


def plain() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, width=60, highlight=False), stream


def lines_of(stream: io.StringIO) -> list[str]:
    lines = stream.getvalue().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in lines)
    return [line[9:] for line in lines]


def test_plain_lines_are_rate_limited() -> None:
    console, stream = plain()
    moment = [0.0]
    lines = Lines(console, now=lambda: moment[0])
    lines(StageStarted("embed", 10))
    for done in range(1, 11):
        moment[0] += LINE_SECONDS / 2
        lines(PieceDone("embed", done, 10, reused=1))
    lines(StageDone("embed", 12.34, "486 [films]"))
    reused = " (1 reused)"
    assert lines_of(stream) == [
        "embed begins, 10 pieces",
        *(f"embed {done}/10{reused}" for done in (2, 4, 6, 8, 10)),
        "embed done in 12.3 s: 486 [films]",
    ]


def test_a_single_piece_has_no_count() -> None:
    console, stream = plain()
    lines = Lines(console)
    for event in (StageStarted("space", 1), PieceDone("space", 1, 1), StageDone("space", 0.1)):
        lines(event)
    assert lines_of(stream) == ["space begins", "space done in 0.1 s"]


def test_the_last_piece_is_always_shown() -> None:
    console, stream = plain()
    lines = Lines(console, now=lambda: 0.0)
    lines(StageStarted("clean"))
    lines(PieceDone("clean", 1, 2))
    lines(PieceDone("clean", 2, 2))
    assert lines_of(stream) == ["clean begins", "clean 2/2"]


def test_follow_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console, stream = plain()
    logger = logging.getLogger("pipeline.storage.work_store")
    with follow(console):
        emit(Address("Dask dashboard", "http://127.0.0.1:8787/status/" + "x" * 80))
        emit(Note("[bold]as it is[/bold] \x1b[31m"))
        logger.warning("made again: %s", "[piece]")
        logger.info("not asked for")
        print("a library's noise")
    logger.warning("after")
    assert lines_of(stream) == [
        "Dask dashboard: http://127.0.0.1:8787/status/" + "x" * 80,
        "[bold]as it is[/bold] \N{REPLACEMENT CHARACTER}[31m",
        "warning: made again: [piece]",
    ]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "a library's noise\n"
    assert logging.getLogger("pipeline").propagate
    assert logging.getLogger("pipeline").handlers == []


def test_follow_on_a_terminal() -> None:
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=True, width=80, highlight=False, _environ={"TERM": "xterm"}
    )
    with follow(console, level=logging.INFO):
        emit(Address("Prefect UI", "http://127.0.0.1:4200"))
        emit(StageStarted("embed", 4))
        emit(PieceDone("embed", 1, 4))
        logging.getLogger("flows.runtime.context").info("said")
        emit(StageDone("embed", 2.0, "4 films"))
        emit(PieceDone("late", 1, 3))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "Prefect UI: http://127.0.0.1:4200" in shown
    assert "embed done in 2.0 s: 4 films" in shown
    assert "info: said" in shown
    assert re.search(r"late +\S+ +1/3", shown), "a bar of a stage without a start event"
    assert "\x1b[?25h" in stream.getvalue(), "the cursor is visible again"
