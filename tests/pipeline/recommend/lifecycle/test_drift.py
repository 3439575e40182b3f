"""Simulated drift is found in its week, false alerts are rare, and small batches raise none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from pipeline.recommend.lifecycle.drift import (
    Drift,
    RatingDistribution,
    count_ratings,
    find_alerts,
    measure_drift,
)
from pipeline.settings import UpkeepSettings

SETTINGS = UpkeepSettings()
STARS = np.arange(1, 11) / 2
USUAL = np.array([1.4, 2.8, 1.8, 7.5, 5.5, 20.0, 13.1, 26.6, 8.5, 13.1]) / 100.3


def draw_week(rng: np.random.Generator, drifted: bool, rows: int = 4_000) -> np.ndarray:
    likely = USUAL.copy()
    if drifted:  # a fifth of the ratings of 4 stars and more become lower: KS near 0.1
        likely[7:] *= 0.79
        likely[1:5] *= (1 - likely[7:].sum() - likely[0] - likely[5:7].sum()) / likely[1:5].sum()
    return rng.choice(STARS, rows, p=likely / likely.sum())


def test_drift_is_found_in_its_week_and_in_no_other() -> None:
    false, missed = 0, 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        reference = count_ratings(draw_week(rng, False, 60_000))
        for number in range(1, 8):
            drift = measure_drift(reference, count_ratings(draw_week(rng, number == 7)))
            alerts = find_alerts(drift, {}, {}, SETTINGS)
            if number == 7:
                missed += not any(kind == "ks" for kind, _, _ in alerts)
                assert 0.06 < drift["ks"] < 0.16
            else:
                false += bool(alerts)
    assert missed == 0
    assert false <= 2  # in 300 weeks


def test_figures_by_hand() -> None:
    reference = RatingDistribution((0, 0, 0, 0, 0, 10, 0, 10, 0, 0))
    drift = measure_drift(reference, RatingDistribution((0, 10, 0, 0, 0, 0, 0, 10, 0, 0)))
    assert drift["ks"] == pytest.approx(0.5)
    assert drift["mean_change"] == pytest.approx(2.5 / 3.5 - 1)
    assert drift["deviation_change"] == pytest.approx(1.5 / 0.5 - 1)
    assert count_ratings(np.array([0.5, 5.0, 5.0])).counts == (1, 0, 0, 0, 0, 0, 0, 0, 0, 2)


@pytest.mark.parametrize("seed", range(20))
def test_the_statistic_equals_that_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = draw_week(rng, False, 3_001), draw_week(rng, seed % 2 == 0, 257)
    ours = measure_drift(count_ratings(first), count_ratings(second))["ks"]
    assert ours == pytest.approx(float(ks_2samp(first, second).statistic), abs=1e-12)


def far(rows: int) -> Drift:
    return {
        "rows": rows,
        "ks": 0.9,
        "mean": 1.0,
        "mean_change": -0.5,
        "deviation_change": 2.0,
    }


def test_too_few_ratings_raise_no_alert() -> None:
    assert find_alerts(far(1_999), {}, {}, SETTINGS) == []
    kinds = {kind for kind, _, _ in find_alerts(far(2_000), {}, {}, SETTINGS)}
    assert kinds == {"ks", "mean_change", "deviation_change"}


def test_larger_errors_raise_an_alert_and_values_at_the_threshold_do_not() -> None:
    same: Drift = {
        "rows": 2_000,
        "ks": 0.05,
        "mean": 3.5,
        "mean_change": 0.1,
        "deviation_change": -0.15,
    }
    assert find_alerts(same, {}, {}, SETTINGS) == []
    errors, at_promotion = {"rmse": 0.95, "mae": 0.7}, {"rmse": 0.85, "mae": 0.65}
    alerts = find_alerts(same, errors, at_promotion, SETTINGS)
    assert [kind for kind, _, _ in alerts] == ["rmse_growth"]
