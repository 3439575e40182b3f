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


def test_auto_uses_leaf_films_and_a_wider_curve() -> None:
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
        ((1.0, 0.9, 0.8728), None),  # a gain of 3.02 %
        ((1.0, 1.1, 0.5), 10),  # a loss
        ((1.0, 0.99, 0.5, 0.499), 10),  # the first of two
        ((0.0, 0.0, 0.0), None),  # all films are identical
        ((1.0,), None),
    ],
)
def test_the_elbow_is_the_last_k_before_a_gain_below_three_per_cent(
    inertia: tuple[float, ...], elbow: int | None
) -> None:
    assert choose_k(curve(*inertia), {10: 0.5}, AUTO)["elbow"] == elbow


def test_rows_of_the_curve_may_come_in_any_order() -> None:
    rows = curve(1.0, 0.8, 0.79)
    choices = [choose_k(order, {20: 0.1}, AUTO) for order in itertools.permutations(rows)]
    assert all(choice == choices[0] for choice in choices)
    assert [row["k"] for row in choices[0]["curve"]] == [10, 20, 30]
    assert [row["stability"] for row in choices[0]["curve"]] == [None, 0.1, None]
    gains = [row["relative_gain"] for row in choices[0]["curve"]]
    assert gains == [None, pytest.approx(0.2), pytest.approx(0.0125)]


@pytest.mark.parametrize(
    ("stability", "chosen"),
    [
        ({10: 0.5, 20: 0.6, 30: 0.55}, 20),
        ({10: 0.5, 20: 0.55, 30: 0.6}, 30),
        ({30: 0.64, 20: 0.63, 10: 0.596}, 10),  # the difference is less than 0.05
        ({10: 0.57, 20: 0.59, 30: 0.621}, 30),
        ({10: -0.2, 20: -0.1}, 20),
        ({20: 0.3}, 20),
    ],
)
def test_auto_chooses_the_smallest_k_unless_another_is_clearly_more_stable(
    stability: dict[int, float], chosen: int
) -> None:
    choice = choose_k(curve(1.0, 0.8, 0.6), stability, AUTO)
    assert choice["chosen"] == chosen
    assert "clearly more stable" in choice["rule"]


def test_of_k_with_equal_silhouettes_the_smaller_is_best() -> None:
    rows = curve(1.0, 0.8, 0.6)
    rows[1]["silhouette"] = rows[2]["silhouette"] = 0.4
    assert choose_k(rows, {10: 0.5}, AUTO)["best_silhouette_k"] == 20


@pytest.mark.parametrize(("k", "films", "chosen"), [(20, 1_000, 20), (20, 15, 15), (7, 3, 3)])
@pytest.mark.parametrize("stable", [True, False])
def test_k_of_the_settings_is_used_whatever_the_stability(
    k: int, films: int, chosen: int, stable: bool
) -> None:
    settings = ClusterSettings(k=k)
    close, wide = candidate_ks(films, settings)
    rows = [row for k in wide for row in curve(1 / k, first=k)]
    choice = choose_k(rows, dict.fromkeys(close, 0.0) if stable else {}, settings)
    assert (choice["chosen"], choice["rule"]) == (chosen, "value of cluster.k")


def test_without_common_films_the_smallest_candidate_is_chosen() -> None:
    choice = choose_k(curve(0.0, first=1), {}, AUTO)
    assert choice["chosen"] == 1
    assert "too few" in choice["rule"]


def test_the_interval_of_a_stability_is_on_the_curve_where_its_error_is_known() -> None:
    choice = choose_k(curve(1.0, 0.8, 0.7), {10: 0.5, 20: 0.99}, AUTO, {10: 0.1, 20: 0.1})
    ends = [(row["stability_low"], row["stability_high"]) for row in choice["curve"]]
    assert ends[0] == (pytest.approx(0.304), pytest.approx(0.696))
    assert ends[1] == (pytest.approx(0.794), 1.0)
    assert ends[2] == (None, None)
