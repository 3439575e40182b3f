from __future__ import annotations

import numpy as np
import pytest

from pipeline.cluster import near_films
from pipeline.cluster.near_films import iterate_near
from tests.support.planted import planted


def gathered(positions: np.ndarray, count: int, sharpness: int = 1) -> tuple[np.ndarray, ...]:
    """The nearest films and weights of all films."""
    parts = list(iterate_near(positions, count, sharpness))
    return np.concatenate([near for _, near, _ in parts]), np.concatenate([w for *_, w in parts])


@pytest.mark.parametrize("sharpness", [1, 3])
def test_weights_fall_from_one_to_zero_with_the_distance(sharpness: int) -> None:
    positions, _ = planted(noise=0.3)
    near, weights = gathered(positions, 20, sharpness)
    cosine = positions @ positions.T
    expected = np.argsort(-cosine, axis=1, kind="stable")[:, :20]
    assert np.array_equal(near, expected)
    distance = 1 - np.take_along_axis(cosine, near, 1)
    assert np.allclose(weights, (1 - distance / distance[:, -1:]) ** sharpness, atol=1e-4)
    assert np.allclose(weights[:, 0], 1, atol=1e-5)
    assert not weights[:, -1].any()


def test_identical_films_all_have_the_full_weight() -> None:
    same = np.repeat(planted(1, 1)[0], 30, axis=0)
    _, weights = gathered(same, 5)
    assert (weights == 1).all()


def test_a_film_that_enters_the_set_changes_a_weighted_mean_little() -> None:
    positions, _ = planted(noise=0.3)
    rng = np.random.default_rng(1)
    noisy = positions + 1e-3 * rng.standard_normal(positions.shape).astype(np.float32)
    noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
    moved = []
    for weighted in (False, True):
        means = []
        for rows in (positions, noisy):
            near, weights = gathered(rows, 20, 3)
            used = weights if weighted else np.ones_like(weights)
            mean = np.einsum("fn,fnd->fd", used, positions[near])
            means.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
        moved.append(np.linalg.norm(means[0] - means[1], axis=1).mean())
    assert moved[1] < 0.8 * moved[0]


def test_an_inverted_file_finds_nearly_the_same_films(monkeypatch: pytest.MonkeyPatch) -> None:
    positions = np.random.default_rng(3).permutation(planted(60, 40, noise=0.1)[0])
    exact, _ = gathered(positions, 10)
    monkeypatch.setattr(near_films, "EXACT_UP_TO", 600)
    found, weights = gathered(positions, 10)
    shared = np.mean([len({*a} & {*b}) / 10 for a, b in zip(exact, found, strict=True)])
    assert shared > 0.95
    assert not weights[found < 0].any()


def test_parts_cover_all_films_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    positions, _ = planted()
    monkeypatch.setattr(near_films, "_ROWS", 100)
    parts = [part for part, *_ in iterate_near(positions, 3, 1)]
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(480))
