"""Smoothing by shared nearest neighbours: neighbours, weights, scatter within clusters."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.cluster.pca import project
from pipeline.cluster.shared_neighbours import (
    _nearest_films,
    _scatter_within,
    _shared_weights,
    smooth_by_shared_neighbours,
)
from pipeline.settings import ClusterSettings
from tests.support.planted import planted

SETTINGS = ClusterSettings(components=24)


@pytest.fixture(scope="module")
def films() -> tuple[np.ndarray, np.ndarray]:
    vectors, truth = planted(groups=60, films=40, noise=0.2)
    order = np.random.default_rng(3).permutation(len(truth))
    return vectors[order], truth[order]


def contrast(positions: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean cosine within groups minus the one between groups, in deviations."""
    cosine = positions @ positions.T
    same = truth[:, None] == truth
    return float((cosine[same].mean() - cosine[~same].mean()) / cosine[~same].std())


def purity(positions: np.ndarray, truth: np.ndarray) -> float:
    near = np.argsort(-(positions @ positions.T), axis=1)[:, 1:11]
    return float((truth[near] == truth[:, None]).mean())


def test_smoothing_separates_the_groups(films: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, truth = films
    before, after = project(vectors, SETTINGS), smooth_by_shared_neighbours(vectors, SETTINGS)
    assert after.shape == (len(vectors), 24)
    assert after.dtype == np.float32
    assert np.allclose(np.linalg.norm(after, axis=1), 1, atol=1e-5)
    assert contrast(after, truth) > 1.3 * contrast(before, truth)
    assert purity(after, truth) > purity(before, truth)


def test_a_direction_that_varies_within_groups_is_scaled_down() -> None:
    vectors, truth = planted(groups=60, films=40, noise=0.08)
    rng = np.random.default_rng(3)
    # films of all groups differ in one direction, for example by the length of their text
    vectors = vectors + rng.normal(scale=0.8, size=(len(vectors), 1)) * np.eye(48)[0]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    order = rng.permutation(len(vectors))
    vectors, truth = vectors[order], truth[order]
    before = project(vectors, SETTINGS)
    near = _nearest_films(before)
    positions = project(vectors, SETTINGS, _scatter_within(vectors, near, _shared_weights(near)))
    assert contrast(positions, truth) > 1.1 * contrast(before, truth)
    assert purity(positions, truth) >= purity(before, truth)


def test_weights_are_squared_shares_of_common_neighbours(
    films: tuple[np.ndarray, np.ndarray],
) -> None:
    near = _nearest_films(project(films[0], SETTINGS))
    weights = _shared_weights(near)
    assert weights.shape == near.shape == (len(films[0]), 30)
    for film in range(0, len(near), 301):
        for place in range(0, 30, 7):
            common = set(near[film].tolist()) & set(near[near[film, place]].tolist())
            assert weights[film, place] == pytest.approx((len(common) / 30) ** 2)


def test_nearest_films_are_nearly_the_result_of_exact_search(
    films: tuple[np.ndarray, np.ndarray],
) -> None:
    positions = project(films[0], SETTINGS)
    exact = np.argsort(-(positions @ positions.T), axis=1)[:, :30]
    found = _nearest_films(positions)
    assert np.array_equal(found[:, 0], np.arange(len(found)))
    hit = [len(set(a) & set(b)) / 30 for a, b in zip(exact.tolist(), found.tolist(), strict=True)]
    assert np.mean(hit) > 0.9


def test_the_result_hardly_depends_on_the_size_of_parts(
    films: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    near = _nearest_films(project(films[0], SETTINGS))
    weights = _shared_weights(near)
    whole = _scatter_within(films[0], near, weights)
    monkeypatch.setattr("pipeline.cluster.shared_neighbours._ROWS", 100)
    assert np.array_equal(_shared_weights(near), weights)
    assert np.allclose(_scatter_within(films[0], near, weights), whole, atol=1e-6)


def test_identical_films_have_positions() -> None:
    same = np.repeat(planted(1, 1)[0], 1_200, axis=0)
    assert np.isfinite(smooth_by_shared_neighbours(same, SETTINGS)).all()
