"""Drift figures on samples whose values are known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.schemas.lineage import BASELINE, DRIFT
from pipeline.settings import DriftSettings
from pipeline.update.drift import compute_drift, drift_table, keyword_uses, ks_distance, psi


def largest_gap(one: np.ndarray, two: np.ndarray) -> float:
    """The definition: the largest difference of the two distribution functions."""
    values = np.concatenate([one, two])
    shares = [(sample[:, None] <= values).mean(0) for sample in (one, two)]
    return float(np.abs(shares[0] - shares[1]).max())


@pytest.mark.parametrize("decimals", [1, 2, 8])
def test_ks_distance_is_the_largest_gap_with_ties_too(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    for _ in range(60):
        one, two = (
            rng.normal(rng.normal(), 1, rng.integers(1, 80)).round(decimals).astype(np.float32)
            for _ in range(2)
        )
        assert ks_distance(one, two) == pytest.approx(largest_gap(one, two), abs=1e-15)


def test_ks_distance_of_equal_disjoint_and_empty_samples() -> None:
    sample = np.array([0.1, 0.2, 0.2], np.float32)
    assert ks_distance(sample, sample) == 0.0
    assert ks_distance(sample, sample + 1) == 1.0
    assert ks_distance(sample, sample[:0]) == ks_distance(sample[:0], sample) == 0.0


def test_psi_is_zero_for_equal_samples_and_grows_with_the_shift() -> None:
    sample = np.linspace(0, 1, 1_000)
    assert psi(sample, sample) == pytest.approx(0, abs=1e-12)
    assert 0 < psi(sample, sample + 0.02) < psi(sample, sample + 0.2)
    assert psi(sample, sample[:0]) == 0.0


def test_psi_of_two_halves() -> None:
    mined = np.array([0.0] * 50 + [1.0] * 50)
    now = np.array([0.0] * 75 + [1.0] * 25)
    # the deciles are 0, 0.5 and 1: the shares of the two values decide
    wanted = 0.25 * np.log(0.75 / 0.5) + (-0.25) * np.log(0.25 / 0.5)
    assert psi(mined, now) == pytest.approx(wanted, abs=1e-3)


def test_keyword_uses_count_every_film_and_compare_normal_forms() -> None:
    movies = [pa.table({"keywords": [["Cold  War", "spy"], None]}), pa.table({"keywords": [["x"]]})]
    vocabulary = pa.table({"keyword": ["cold war"]})
    assert keyword_uses(movies, vocabulary) == {"all": 3, "unknown": 2}


def test_figures_thresholds_and_grown_micro_genres() -> None:
    baseline = pa.table([[0, 0, 1, 1], [0.5, 0.6, 0.7, 0.8]], schema=BASELINE)
    centroids = np.eye(2, dtype=np.float32)
    means = np.array([[1, 0], [0.6, 0.8]])
    drift = compute_drift(
        baseline,
        np.array([0, 1, 1, 1]),
        np.array([0.5, 0.6, 0.7, 0.8], np.float32),
        means,
        centroids,
        {"mined": {"all": 10, "unknown": 1}, "now": {"all": 10, "unknown": 3}},
        {"novel": 0.25, "proposals": 2},
        DriftSettings(growth=0.25, centroid_shift=0.9),
    )
    assert drift.figures == {
        "ks": 0.0,
        "psi": pytest.approx(0, abs=1e-12),
        "vocabulary": pytest.approx(0.2),
        "centroid_shift": pytest.approx(0.75 * 0.2),
        "growth": pytest.approx(0.25),
        "novel": 0.25,
        "proposals": 2.0,
    }
    assert drift.due and "growth" in drift.past and "centroid_shift" not in drift.past
    assert drift.grown == [
        {
            "cluster": 0,
            "films_mined": 2,
            "films": 1,
            "centroid_shift": 0.0,
        },
        {
            "cluster": 1,
            "films_mined": 2,
            "films": 3,
            "centroid_shift": pytest.approx(0.2),
        },
    ]
    table = drift_table(drift, 3, "parent", "mining due")
    assert table.schema == DRIFT
    assert table["figure"].to_pylist() == list(drift.figures)
    assert [row["figure"] for row in table.to_pylist() if row["past"]] == drift.past
    assert set(table["generation"].to_pylist()) == {3}
