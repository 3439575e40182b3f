"""Positions of many films: near ones, what is shared with them, and what is evened out."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.cluster.pca import project
from pipeline.cluster.shared_neighbours import _near, _scatter, _weights, hills
from pipeline.settings import ClusterSettings
from tests.support.planted import planted

SETTINGS = ClusterSettings(components=24)


@pytest.fixture(scope="module")
def films() -> tuple[np.ndarray, np.ndarray]:
    vectors, truth = planted(groups=60, films=40, noise=0.2)
    order = np.random.default_rng(3).permutation(len(truth))
    return vectors[order], truth[order]


def contrast(positions: np.ndarray, truth: np.ndarray) -> float:
    """How much nearer films of a group are to each other than to others, in deviations."""
    cosine = positions @ positions.T
    same = truth[:, None] == truth
    return float((cosine[same].mean() - cosine[~same].mean()) / cosine[~same].std())


def purity(positions: np.ndarray, truth: np.ndarray) -> float:
    near = np.argsort(-(positions @ positions.T), axis=1)[:, 1:11]
    return float((truth[near] == truth[:, None]).mean())


def test_films_of_a_group_are_drawn_together(films: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, truth = films
    rough, found = project(vectors, SETTINGS), hills(vectors, SETTINGS)
    assert found.shape == (len(vectors), 24)
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert contrast(found, truth) > 1.3 * contrast(rough, truth)
    assert purity(found, truth) > purity(rough, truth)


def test_what_films_of_a_group_differ_in_is_evened_out() -> None:
    vectors, truth = planted(groups=60, films=40, noise=0.08)
    rng = np.random.default_rng(3)
    # one direction in which films differ whatever their group, as by the length of their text
    vectors = vectors + rng.normal(scale=0.8, size=(len(vectors), 1)) * np.eye(48)[0]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    order = rng.permutation(len(vectors))
    vectors, truth = vectors[order], truth[order]
    rough = project(vectors, SETTINGS)
    near = _near(rough)
    positions = project(vectors, SETTINGS, _scatter(vectors, near, _weights(near)))
    assert contrast(positions, truth) > 1.1 * contrast(rough, truth)
    assert purity(positions, truth) >= purity(rough, truth)


def test_weights_are_the_squared_shares_of_common_near_films(
    films: tuple[np.ndarray, np.ndarray],
) -> None:
    near = _near(project(films[0], SETTINGS))
    weights = _weights(near)
    assert weights.shape == near.shape == (len(films[0]), 30)
    for film in range(0, len(near), 301):
        for place in range(0, 30, 7):
            common = set(near[film].tolist()) & set(near[near[film, place]].tolist())
            assert weights[film, place] == pytest.approx((len(common) / 30) ** 2)


def test_near_films_are_nearly_those_of_exact_search(
    films: tuple[np.ndarray, np.ndarray],
) -> None:
    positions = project(films[0], SETTINGS)
    exact = np.argsort(-(positions @ positions.T), axis=1)[:, :30]
    found = _near(positions)
    assert np.array_equal(found[:, 0], np.arange(len(found)))
    hit = [len(set(a) & set(b)) / 30 for a, b in zip(exact.tolist(), found.tolist(), strict=True)]
    assert np.mean(hit) > 0.9


def test_the_answer_hardly_depends_on_the_size_of_parts(
    films: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    near = _near(project(films[0], SETTINGS))
    weights = _weights(near)
    whole = _scatter(films[0], near, weights)
    monkeypatch.setattr("pipeline.cluster.shared_neighbours._PART", 100)
    assert np.array_equal(_weights(near), weights)
    assert np.allclose(_scatter(films[0], near, weights), whole, atol=1e-6)


def test_films_that_are_all_alike_have_positions() -> None:
    same = np.repeat(planted(1, 1)[0], 1_200, axis=0)
    assert np.isfinite(hills(same, SETTINGS)).all()
