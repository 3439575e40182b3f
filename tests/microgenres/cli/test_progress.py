"""Progress bars on a terminal, plain lines elsewhere, and nothing on standard output."""

from __future__ import annotations

import io
import logging
import re
import time

import pytest
from rich.console import Console

from flows.events import (
    Address,
    Note,
    PieceDone,
    StageDone,
    StageStarted,
    StepDone,
    StepStarted,
    emit,
)
from microgenres.cli.progress import LINE_SECONDS, Bars, Lines, follow


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


def test_lines_have_step_speed_and_time_left() -> None:
    console, stream = plain()
    moment = [0.0]
    lines = Lines(console, now=lambda: moment[0])
    lines(StepStarted("embed texts", 5, 14, "mine"))
    lines(StageStarted("embed", 4, 1000))
    moment[0] = 20.0
    lines(PieceDone("embed", 2, 4))
    lines(StepDone("embed texts", 5, 14, 40.0))
    first, _, third = lines_of(stream)
    assert first == "step 5 of 14: embed texts"
    assert re.fullmatch(r"embed 2/4, 25 films/s, about \d+ (s|min) left", third)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_bar_of_the_run_is_on_top(width: int) -> None:
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=True, width=width, highlight=False, _environ={"TERM": "xterm"}
    )
    bars = Bars(console)
    with bars.progress:
        bars(StepStarted("find parts of names", 6, 14, "mine"))
        bars(StageStarted("film-terms", 4, 50_000))
        bars(PieceDone("film-terms", 1, 4))
        time.sleep(0.6)
        table = console.render_lines(bars.progress.get_renderable())
    shown = ["".join(segment.text for segment in line).rstrip() for line in table]
    assert shown[0].startswith("6 of 14: find parts of names")
    assert "%" in shown[0]
    assert re.match(r"film-terms +(\S+ +)?1/4 +[\d,]+ films/s +0:00:0\d", shown[1]), shown
    assert len(shown) == 2, "no line is wrapped"
