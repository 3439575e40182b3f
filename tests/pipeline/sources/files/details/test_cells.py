"""Units by the cells of a column."""

from __future__ import annotations

import pytest

from pipeline.sources.files.details.cells import plain_numbers, runtime_unit, unit_of, vote_unit
from pipeline.sources.files.evidence import Evidence

HALF_STEPS = [0.5 * (1 + n % 10) for n in range(200)]


@pytest.mark.parametrize(
    ("name", "cells", "factor"),
    [
        ("runtime", [5760, 6060, 5280], 1 / 60),
        ("runtime", ["5760", "6060", None], 1 / 60),
        ("duration", [5_760_000], 1 / 60_000),
        ("duration", [57_600_000_000, 60_600_000_000], 1 / 600_000_000),
        ("Length (m)", [2650, 2700], 0),
        ("length", [2650], 0),
        ("runtime_minutes", [5760], 0),
        ("duration", [1.6, 1.68, 1.47, 2.0, 1.85], 60),
        ("duration", [1.3, 1.25, 1.47, 2.0, 1.5], 0),
    ],
)
def test_units_of_runtimes(name: str, cells: list[object], factor: float) -> None:
    assert unit_of("runtime_minutes", name, Evidence(cells), [name]).factor == pytest.approx(factor)


@pytest.mark.parametrize(
    "cells", [[96, 101], ["96 min", "5760"], [1, 2, 3, 2, 1], [], [0, None], [0.75, 1.5], [720, 96]]
)
def test_minutes_stay(cells: list[object]) -> None:
    assert runtime_unit("runtime", Evidence(cells), "") is None


def test_a_unit_of_the_name_counts_more_than_cells() -> None:
    assert runtime_unit("duration_sec", Evidence([2000, 3000]), "in seconds") is None


def test_votes_of_0_to_100() -> None:
    found = vote_unit("rating", Evidence([73, 81.0, 9]), "", [])
    assert found is not None and found.factor == pytest.approx(0.1)
    assert vote_unit("rating", Evidence([7.3, 8.1]), "", []) is None
    assert vote_unit("rating", Evidence([73, 1204]), "", []) is None
    assert vote_unit("rating", Evidence(["7,8", "6,4"], decimal_comma=True), "", []) is None


def test_votes_of_0_to_5() -> None:
    found = vote_unit("rating", Evidence(HALF_STEPS), "", ["rating"])
    assert found is not None and found.factor == 2.0 and "200" in found.says
    # A few votes below 5 may be of 10, and IMDb's always are.
    assert vote_unit("rating", Evidence(HALF_STEPS[:20]), "", ["rating"]) is None
    assert vote_unit("imdb rating", Evidence(HALF_STEPS), "", ["imdb rating"]) is None
    assert vote_unit("rating", Evidence([2.1] * 200), "", ["rating"]) is None
    boxd = vote_unit("Rating", Evidence([4, 3.5]), "", ["Rating", "Letterboxd URI"])
    assert boxd is not None and boxd.factor == 2.0


def test_texts_with_units_are_no_plain_numbers() -> None:
    assert plain_numbers(Evidence(["96 min", "1h 36m", "90"])) == []
    assert plain_numbers(Evidence(["90", 0, "101"])) == [90.0, 101.0]
