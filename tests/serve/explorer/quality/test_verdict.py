"""The verdict says what the figures say."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from serve.explorer.quality.measures import grade_all
from serve.explorer.quality.verdict import Verdict, judge
from tests.support.full_release import FIGURES


def verdict_of(names: float, stability: float | None, previous: Any = None) -> Verdict:
    report = deepcopy(FIGURES)
    report["name_truth"]["whole"] = names
    report["clusters"]["subsample_ari"] = stability
    return judge(report, grade_all(report, previous))


@pytest.mark.parametrize(
    ("names", "stability", "grade", "word"),
    [
        (0.9, 0.9, "good", "Yes"),
        (0.9, 0.7, "good", "Yes"),
        (0.9, None, "good", "Yes"),
        (0.9, 0.3, "fair", "Mostly"),
        (0.75, 0.9, "fair", "Partly"),
        (0.4, 0.9, "poor", "No"),
    ],
)
def test_names_decide_first_then_stability(
    names: float, stability: float | None, grade: str, word: str
) -> None:
    verdict = verdict_of(names, stability)
    assert verdict.grade == grade
    assert verdict.answer.startswith(f"{word}:")


def test_methods_that_leave_films_out_are_no_competition() -> None:
    reasons = " ".join(verdict_of(0.9, 0.6).reasons)
    assert "reach 0.060 at best" in reasons  # and not the 0.22 of HDBSCAN, which leaves 85 % out


def test_grades_that_changed_since_the_release_before_are_said() -> None:
    better = verdict_of(0.9, 0.9, {"name_truth": {"whole": 0.5}, "clusters": {"seed_ari": 0.99}})
    assert better.reasons[-1] == "Since the release before, better: name truth."
    worse = verdict_of(0.5, 0.9, {"name_truth": {"whole": 0.9}})
    assert worse.reasons[-1] == "Since the release before, worse: name truth."


def test_nothing_measured_gives_no_reasons() -> None:
    assert judge({}, grade_all({}, None)) == Verdict(
        None, "Not known: this release does not say whether its names are true.", []
    )


def test_intervals_are_those_of_the_films_and_of_the_chosen_k() -> None:
    report = deepcopy(FIGURES)
    report["k"]["curve"][1] |= {"stability_low": 0.61, "stability_high": 0.65}
    graded = grade_all(report, None)
    assert graded[0].interval_text.startswith("76.9")  # 36 of 40 films
    assert graded[1].interval_text == "0.610 to 0.650"
    assert [row.interval for row in graded[2:]] == [None] * 3
    assert "(95 % interval 0.610 to 0.650)" in " ".join(judge(report, graded).reasons)
    without = deepcopy(report)
    del without["k"]
    assert grade_all(without, None)[1].interval is None
