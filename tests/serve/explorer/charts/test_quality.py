"""Measures by k, with intervals where a release has them."""

from __future__ import annotations

from serve.explorer.charts.quality import k_chart
from tests.support.full_release import FIGURES

CURVE = FIGURES["k"]["curve"]


def test_values_of_k_without_a_measure_are_left_out_and_the_chosen_one_is_marked() -> None:
    figure = k_chart(CURVE, "stability", "ARI", 100)
    (drawn,) = figure["data"]
    assert drawn["x"] == [100, 150]
    assert figure["layout"]["shapes"][0]["x0"] == 100


def test_intervals_are_bands() -> None:
    curve = [row | {"inertia_low": 0.8, "inertia_high": 1.3} for row in CURVE]
    low, high, drawn = k_chart(curve, "inertia", "inertia", None)["data"]
    assert (low["y"], high["y"]) == ([0.8] * 3, [1.3] * 3)
    assert "(0.800 to 1.300)" in drawn["text"][0]
