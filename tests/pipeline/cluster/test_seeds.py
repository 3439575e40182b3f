from __future__ import annotations

import numpy as np
import pytest

from pipeline.cluster.near_films import iterate_near
from pipeline.cluster.seeds import choose_seeds
from tests.support.planted import planted


def test_each_planted_group_has_a_seed_before_any_has_two() -> None:
    positions, truth = planted(12, 40)
    assert sorted(truth[choose_seeds(positions, 12, near=60)]) == list(range(12))


def test_a_seed_that_serves_more_films_comes_first() -> None:
    positions = np.repeat(np.eye(4, dtype=np.float32), [3, 7, 5, 1], axis=0)
    assert choose_seeds(positions, 4, near=8).tolist() == [3, 10, 0, 15]


def test_seeds_for_fewer_clusters_are_the_first_of_the_seeds_for_more() -> None:
    positions, _ = planted(noise=0.3)
    assert np.array_equal(choose_seeds(positions, 30, 40)[:11], choose_seeds(positions, 11, 40))


def test_the_choice_is_that_of_brute_force() -> None:
    positions, _ = planted(5, 12, noise=0.3)
    films = len(positions)
    serves = np.zeros((films, films))
    for part, near, weights in iterate_near(positions, 20, 4):
        np.put_along_axis(serves[part], near, weights.astype(np.float64), 1)
    chosen: list[int] = []
    for _ in range(8):
        value = [serves[:, [*chosen, film]].max(1).sum() for film in range(films)]
        chosen.append(int(np.argmax(value)))
    assert choose_seeds(positions, 8, near=20).tolist() == chosen


@pytest.mark.parametrize(("count", "found"), [(1, 1), (7, 7), (500, 12)])
def test_there_are_at_most_as_many_seeds_as_films(count: int, found: int) -> None:
    positions, _ = planted(12, 1)
    seeds = choose_seeds(positions, count, near=3)
    assert len(set(seeds.tolist())) == len(seeds) == found


def test_identical_films_have_one_seed() -> None:
    same = np.repeat(planted(1, 1)[0], 30, axis=0)
    assert len(choose_seeds(same, 10, near=8)) == 1


def test_noise_changes_few_seeds() -> None:
    positions, _ = planted(20, 40, noise=0.1)
    rng = np.random.default_rng(1)
    noisy = positions + 5e-4 * rng.standard_normal(positions.shape).astype(np.float32)
    noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
    first, second = (set(choose_seeds(rows, 20, 60).tolist()) for rows in (positions, noisy))
    assert len(first & second) >= 18
