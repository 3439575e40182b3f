from __future__ import annotations

import itertools
from typing import Any

import pytest

from pipeline.cluster import candidate_ks, choose_k
from pipeline.settings import ClusterSettings

AUTO = ClusterSettings()


def curve(*inertia: float, first: int = 10, step: int = 10) -> list[dict[str, Any]]:
    return [
        {"k": first + step * n, "clusters": 1, "inertia": value, "silhouette": 0.0}
        for n, value in enumerate(inertia)
    ]


def test_auto_aims_at_leaf_films_and_draws_a_wider_curve() -> None:
    close, wide = candidate_ks(4_800, ClusterSettings(leaf_films=48))
    assert close == [100, 110, 120]
    assert wide == [25, 50, 75, 100, 110, 120, 150]


@pytest.mark.parametrize("films", [1, 2, 5, 47, 48, 97, 1_000])
@pytest.mark.parametrize("k", ["auto", 1, 3, 10**6])
def test_candidates_are_whole_numbers_from_one_to_the_films(films: int, k: Any) -> None:
    close, wide = candidate_ks(films, ClusterSettings(k=k, leaf_films=2))
    assert set(close) <= set(wide)
    assert wide == sorted(set(wide))
    assert 1 <= wide[0] <= wide[-1] <= films
    if k != "auto":
        assert close == [min(k, films)]


@pytest.mark.parametrize(
    ("inertia", "elbow"),
    [
        ((1.0, 0.9, 0.8), None),
        ((1.0, 0.9, 0.8732), 20),  # a gain of 2.98 %
        ((1.0, 0.9, 0.8728), None),  # and of 3.02 %
        ((1.0, 1.1, 0.5), 10),  # a loss is no gain
        ((1.0, 0.99, 0.5, 0.499), 10),  # the first of two
        ((0.0, 0.0, 0.0), None),  # all films alike
        ((1.0,), None),
    ],
)
def test_the_elbow_is_the_last_k_before_a_gain_under_three_per_cent(
    inertia: tuple[float, ...], elbow: int | None
) -> None:
    assert choose_k(curve(*inertia), {10: 0.5}, AUTO)["elbow"] == elbow


def test_rows_of_the_curve_may_come_in_any_order() -> None:
    rows = curve(1.0, 0.8, 0.79)
    answers = [choose_k(order, {20: 0.1}, AUTO) for order in itertools.permutations(rows)]
    assert all(answer == answers[0] for answer in answers)
    assert [row["k"] for row in answers[0]["curve"]] == [10, 20, 30]
    assert [row["stability"] for row in answers[0]["curve"]] == [None, 0.1, None]
    gains = [row["relative_gain"] for row in answers[0]["curve"]]
    assert gains == [None, pytest.approx(0.2), pytest.approx(0.0125)]


@pytest.mark.parametrize(
    ("stability", "chosen"),
    [
        ({10: 0.5, 20: 0.6, 30: 0.55}, 20),
        ({30: 0.604, 20: 0.6, 10: 0.596}, 10),  # equal in two digits
        ({10: 0.59, 20: 0.6}, 20),
        ({10: -0.2, 20: -0.1}, 20),
        ({20: 0.3}, 20),
    ],
)
def test_auto_takes_the_most_stable_and_of_equals_the_smallest(
    stability: dict[int, float], chosen: int
) -> None:
    made = choose_k(curve(1.0, 0.8, 0.6), stability, AUTO)
    assert made["chosen"] == chosen
    assert "48 films" in made["rule"]


def test_of_equal_silhouettes_the_smaller_k_is_best() -> None:
    rows = curve(1.0, 0.8, 0.6)
    rows[1]["silhouette"] = rows[2]["silhouette"] = 0.4
    assert choose_k(rows, {10: 0.5}, AUTO)["best_silhouette_k"] == 20


@pytest.mark.parametrize(("asked", "films", "chosen"), [(20, 1_000, 20), (20, 15, 15), (7, 3, 3)])
@pytest.mark.parametrize("stable", [True, False])
def test_k_is_as_asked_whatever_is_more_stable(
    asked: int, films: int, chosen: int, stable: bool
) -> None:
    settings = ClusterSettings(k=asked)
    close, wide = candidate_ks(films, settings)
    rows = [row for k in wide for row in curve(1 / k, first=k)]
    made = choose_k(rows, dict.fromkeys(close, 0.0) if stable else {}, settings)
    assert (made["chosen"], made["rule"]) == (chosen, "as asked")


def test_films_too_few_for_common_ones_still_get_a_k() -> None:
    made = choose_k(curve(0.0, first=1), {}, AUTO)
    assert made["chosen"] == 1
    assert "too few" in made["rule"]
