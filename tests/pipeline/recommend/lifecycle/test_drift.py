"""Planted drift is found in its week and no other; false alarms are rare; few rows say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.recommend.lifecycle.drift import Shape, alerts_of, drift, shape_of
from pipeline.settings import UpkeepSettings

SETTINGS = UpkeepSettings()
STARS = np.arange(1, 11) / 2
USUAL = np.array([1.4, 2.8, 1.8, 7.5, 5.5, 20.0, 13.1, 26.6, 8.5, 13.1]) / 100.3


def week(draw: np.random.Generator, planted: bool, rows: int = 4_000) -> np.ndarray:
    likely = USUAL.copy()
    if planted:  # a tenth of what was 4 stars or more becomes less: KS near 0.1
        likely[7:] *= 0.79
        likely[1:5] *= (1 - likely[7:].sum() - likely[0] - likely[5:7].sum()) / likely[1:5].sum()
    return draw.choice(STARS, rows, p=likely / likely.sum())


def test_a_planted_drift_is_found_in_its_week_and_no_other() -> None:
    false, missed = 0, 0
    for seed in range(50):
        draw = np.random.default_rng(seed)
        reference = shape_of(week(draw, False, 60_000))
        for number in range(1, 8):
            figures = drift(reference, shape_of(week(draw, number == 7)))
            found = alerts_of(figures, {}, SETTINGS)
            if number == 7:
                missed += not any(kind == "ks" for kind, _, _ in found)
                assert 0.06 < figures["ks"] < 0.16
            else:
                false += bool(found)
    assert missed == 0
    assert false <= 2  # in 300 weeks


def test_figures_by_hand() -> None:
    ours, theirs = Shape((0, 0, 0, 0, 0, 10, 0, 10, 0, 0)), Shape((0, 10, 0, 0, 0, 0, 0, 10, 0, 0))
    told = drift(ours, theirs)
    assert told["ks"] == pytest.approx(0.5)
    assert told["mean_change"] == pytest.approx(2.5 / 3.5 - 1)
    assert told["deviation_change"] == pytest.approx(1.5 / 0.5 - 1)
    assert shape_of(np.array([0.5, 5.0, 5.0])).counts == (1, 0, 0, 0, 0, 0, 0, 0, 0, 2)


def test_too_few_rows_say_nothing_and_worse_stars_do() -> None:
    far = {"rows": 1_999, "ks": 0.9, "mean_change": -0.5, "deviation_change": 2.0}
    assert alerts_of(far, {}, SETTINGS) == []
    same = {"rows": 2_000, "ks": 0.05, "mean_change": 0.1, "deviation_change": -0.15}
    assert alerts_of(same, {}, SETTINGS) == []  # thresholds are to be passed, not reached
    worse = same | {"rmse": 0.95, "mae": 0.7}
    assert [kind for kind, _, _ in alerts_of(worse, {"rmse": 0.85, "mae": 0.65}, SETTINGS)] == [
        "rmse_growth"
    ]
    assert {kind for kind, _, _ in alerts_of(far | {"rows": 2_000}, {}, SETTINGS)} == {
        "ks",
        "mean_change",
        "deviation_change",
    }
