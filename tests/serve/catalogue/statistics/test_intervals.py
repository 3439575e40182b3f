"""Intervals beside SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, t

from serve.catalogue.statistics.intervals import mean_interval, wilson_interval


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (3, 8), (40, 1_000)])
def test_wilson_interval_is_scipys(successes: int, trials: int) -> None:
    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    found = wilson_interval(successes, trials)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert found[0] <= successes / trials <= found[1]


def test_nothing_is_known_without_trials() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert mean_interval(5.0, 1.0, 1) is None


def test_mean_interval_is_scipys() -> None:
    values = np.array([5.0, 6.5, 7.0, 4.0, 6.0])
    error = values.std(ddof=1) / np.sqrt(5)
    expected = t.interval(0.95, 4, loc=values.mean(), scale=error)
    found = mean_interval(float(values.mean()), float(values.std(ddof=1)), 5)
    assert found == pytest.approx(expected)
