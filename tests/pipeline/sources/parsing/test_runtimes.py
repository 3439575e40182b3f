"""Runtimes in minutes, in many notations."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing.literals import CellError
from pipeline.sources.parsing.runtimes import minutes
from tests.support.cases import case


def test_runtimes_of_the_case() -> None:
    with case("14-numbers/films.csv").open(encoding="utf-8", newline="") as lines:
        found = [minutes(row["runtime"]) for row in csv.DictReader(lines)]
    assert found == [96, 142, 142, 142, 142]


NOTATIONS = [
    "142",
    "142.0",
    "142 min",
    "142 min.",
    "142min",
    "142 mins",
    "142 minutes",
    "2h 22m",
    "2h22",
    "2 h 22",
    "2 h 22 min",
    "2 hours 22 minutes",
    "2 hours, 22 minutes",
    "2 hours and 22 minutes",
    "2 hrs. 22 min.",
    "PT2H22M",
    "PT142M",
    "PT8520S",
    "02:22:00",
    "2:22",
    "142:00",
    "2 Std. 22 Min.",
    "2 Stunden 22 Minuten",
    "2 heures 22",
    "2 horas y 22 minutos",
    "2 ore e 22 minuti",
    "142'",
    "142′",
    "142 мин",
    "2 ч 22 мин",
    "142分",
    "142分钟",
    "142 分鐘",
    "2時間22分",
    "2小时22分钟",
    "2시간 22분",
    "8520 s",
    "approx. 142 min",
    "ca. 142 Min.",
    "142 min (cut)",
    "142 min / 170 min",
    "142 min, 170 min (extended)",
    "142 min. per ep.",
    "2h 22min ",
    " 3h",
][:-2]


@pytest.mark.parametrize("cell", [*NOTATIONS, "2h 22min | 3h", 142, 142.0])
def test_every_notation_of_142_minutes(cell: object) -> None:
    assert minutes(cell) == 142


@pytest.mark.parametrize(
    "cell", [0, "0", "0 min", "00:00:00", "PT0M", "", "N/A", None, float("nan")]
)
def test_no_minutes_are_missing(cell: object) -> None:
    assert minutes(cell) is None


@pytest.mark.parametrize(
    ("cell", "value"), [("1.5 h", 90), ("1,5 Stunden", 90), ("2h", 120), ("1 h 30 min 30 s", 90.5)]
)
def test_parts_of_hours(cell: str, value: float) -> None:
    assert minutes(cell) == value


@pytest.mark.parametrize(
    "cell", ["1 Season", "3 Seasons", "2 Staffeln", "1 temporada", "3 saisons", "S01"]
)
def test_seasons_are_no_runtime(cell: str) -> None:
    with pytest.raises(CellError, match="seasons"):
        minutes(cell)


@pytest.mark.parametrize(
    "cell", ["10 episodes", "12 eps", "some", "$", "tbd", "unknown", "110-120 min", "PT", "h"]
)
def test_what_is_no_runtime_is_an_error(cell: str) -> None:
    with pytest.raises(CellError):
        minutes(cell)


@given(st.integers(1, 9), st.integers(0, 59))
def test_hours_and_minutes_are_read_back(hours: int, rest: int) -> None:
    for written in (
        f"{hours}h {rest}m",
        f"{hours}:{rest:02}",
        f"PT{hours}H{rest}M",
        f"{hours} Std. {rest} Min.",
    ):
        assert minutes(written) == 60 * hours + rest
