"""The share of a run, films per second and the time left."""

from __future__ import annotations

import pytest

from flows.events import Event, PieceDone, StageDone, StageStarted, StepDone, StepStarted, sentence
from flows.plan import PLANS, place_in_plan
from flows.progress import Progress


class Clock:
    """Seconds that a test sets."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def begin(step: str, flow: str = "mine") -> StepStarted:
    return StepStarted(step, *place_in_plan(flow, step), flow)


def end(step: str, flow: str = "mine") -> StepDone:
    return StepDone(step, *place_in_plan(flow, step), 1.0)


def test_the_share_grows_from_step_to_step_and_ends_at_one() -> None:
    clock, shares = Clock(), []
    progress = Progress(clock)
    assert (progress.number, progress.share, progress.seconds_left) == (0, 0.0, None)
    for planned in PLANS["mine"]:
        progress.hear(begin(planned.name))
        shares.append(progress.share)
        clock.seconds += planned.weight
        shares.append(progress.share)
        progress.hear(end(planned.name))
        shares.append(progress.share)
        assert progress.step == planned.name
    assert progress.number == progress.total == len(PLANS["mine"])
    assert shares == sorted(shares) and shares[0] == 0.0
    assert shares[-1] == pytest.approx(1.0)
    assert progress.seconds_left == pytest.approx(0.0)


def test_the_pieces_of_a_stage_say_how_far_its_step_is() -> None:
    clock = Clock()
    progress = Progress(clock)
    early = ("read sources", "clean movies", "find languages", "extract features")
    for step in early:
        progress.hear(begin(step))
        progress.hear(end(step))
    progress.hear(begin("embed texts"))
    before = progress.share
    progress.hear(StageStarted("embed", 4, 1000))
    clock.seconds = 10.0
    progress.hear(PieceDone("embed", 2, 4))
    weights = {planned.name: planned.weight for planned in PLANS["mine"]}
    half = weights["embed texts"] / 2 / sum(weights.values())
    assert progress.share == pytest.approx(before + half)
    assert progress.films_per_second("embed") == pytest.approx(50.0)
    left = progress.seconds_left
    assert left == pytest.approx(10.0 * (1 - progress.share) / progress.share)
    assert progress.of_stage("embed").startswith(", 50 films/s, about ")


def test_speed_is_not_stated_where_it_is_not_known() -> None:
    clock = Clock()
    progress = Progress(clock)
    events: list[Event] = [StageStarted("names", 4), PieceDone("names", 2, 4)]
    events += [StageStarted("embed", 4, 100), PieceDone("late", 1, 3)]
    for event in events:
        progress.hear(event)
    clock.seconds = 5.0
    for stage in ("names", "embed", "late", "unknown"):
        assert progress.films_per_second(stage) is None
        assert progress.of_stage(stage) == ""
    progress.hear(PieceDone("embed", 1, 4))
    progress.hear(StageDone("embed", 5.0))
    assert progress.films_per_second("embed") == pytest.approx(20.0)


def test_a_mining_after_an_update_begins_again() -> None:
    clock = Clock()
    progress = Progress(clock)
    for planned in PLANS["update"]:
        progress.hear(begin(planned.name, "update"))
        progress.hear(end(planned.name, "update"))
    assert progress.share == pytest.approx(1.0)
    progress.hear(begin("read sources"))
    assert progress.share < 0.05 and progress.total == len(PLANS["mine"])


def test_steps_in_sentences() -> None:
    assert sentence(begin("embed texts")) == "step 5 of 14: embed texts"
    assert sentence(end("embed texts")) == "step 5 of 14 done in 1.0 s: embed texts"
