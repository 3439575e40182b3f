from __future__ import annotations

import numpy as np
import pytest

from pipeline.cluster import near_films
from pipeline.cluster.choose_k import candidate_ks
from pipeline.cluster.lloyd import unit_means
from pipeline.cluster.mean_shift import smooth_and_seed, smooth_points
from pipeline.schemas.mining import POINTS
from pipeline.schemas.vectors import matrix_of, unit_rows
from pipeline.settings import ClusterSettings
from tests.support.planted import planted, points_table

SETTINGS = ClusterSettings(leaf_films=40, components=16)


def test_tables_have_their_schemas_and_the_order_of_the_films() -> None:
    vectors, _ = planted()
    points = points_table(vectors)
    tables = smooth_points(points, SETTINGS)
    assert tables["positions"].schema == tables["seeds"].schema == POINTS(16)
    assert tables["positions"].column("movie_id").equals(points.column("movie_id"))
    assert len(tables["seeds"]) == max(candidate_ks(len(vectors), SETTINGS)[1])
    assert np.allclose(np.linalg.norm(matrix_of(tables["positions"]), axis=1), 1, atol=1e-5)
    position_of = dict(
        zip(points.column("movie_id").to_pylist(), matrix_of(tables["positions"]), strict=True)
    )
    for movie_id, seed in zip(
        tables["seeds"].column("movie_id").to_pylist(), matrix_of(tables["seeds"]), strict=True
    ):
        assert np.array_equal(position_of[movie_id], seed)


def test_the_same_films_give_the_same_tables() -> None:
    points = points_table(planted(noise=0.3)[0])
    first, second = (smooth_points(points, SETTINGS) for _ in range(2))
    assert all(first[name].equals(second[name]) for name in first)


def test_one_round_averages_each_film_with_its_nearest() -> None:
    vectors, _ = planted(noise=0.3)
    rough, _ = smooth_and_seed(vectors, SETTINGS.model_copy(update={"smoothing_rounds": 0}), 1)
    smooth, _ = smooth_and_seed(vectors, SETTINGS.model_copy(update={"smoothing_rounds": 1}), 1)
    cosine = rough @ rough.T
    nearest = np.argsort(-cosine, axis=1)[:, :80]  # twice leaf_films
    distance = 1 - np.take_along_axis(cosine, nearest, 1)
    weights = (1 - distance / distance[:, -1:]) ** 3
    expected = np.einsum("fn,fnc->fc", weights, rough[nearest])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.allclose(smooth, expected, atol=1e-4)


def test_smoothing_increases_the_similarity_within_groups() -> None:
    vectors, truth = planted(noise=0.25)
    same = truth[:, None] == truth
    inside = []
    for rounds in (0, 3):
        settings = SETTINGS.model_copy(update={"smoothing_rounds": rounds})
        positions, _ = smooth_and_seed(vectors, settings, 1)
        cosine = positions @ positions.T
        inside.append(cosine[same].mean() - cosine[~same].mean())
    assert inside[1] > inside[0] + 0.2


def test_full_whitening_gives_components_of_similar_variance() -> None:
    rng = np.random.default_rng(5)
    vectors = unit_rows(rng.normal(size=(2_000, 4)) * [8, 4, 2, 1])
    spread = {}
    for whitening in (0.0, 1.0):
        settings = ClusterSettings(components=4, whitening=whitening, smoothing_rounds=0)
        positions, _ = smooth_and_seed(vectors, settings, 1)
        deviation = positions.std(0)
        spread[whitening] = deviation.max() / deviation.min()
    assert spread[1.0] < 1.6 < spread[0.0]


def test_seeds_lie_in_the_middle_of_planted_groups() -> None:
    vectors, truth = planted(6, 20)
    positions, seeds = smooth_and_seed(vectors, ClusterSettings(leaf_films=20, components=16), 6)
    best = (unit_means(positions, truth, 6) @ positions[seeds].T).max(1)
    assert (best > 0.99).all()


def test_a_single_film_is_a_seed() -> None:
    tables = smooth_points(points_table(planted(1, 1)[0]), SETTINGS)
    assert {name: len(table) for name, table in tables.items()} == {"positions": 1, "seeds": 1}
    assert np.isfinite(matrix_of(tables["positions"])).all()


@pytest.mark.parametrize("rounds", [0, 3])
def test_large_catalogues_have_seeds_in_all_groups(
    monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    monkeypatch.setattr(near_films, "EXACT_UP_TO", 600)
    groups, truth = planted(40, 60, noise=0.1)
    rows = np.random.default_rng(3).permutation(len(groups))
    settings = SETTINGS.model_copy(update={"smoothing_rounds": rounds})
    positions, seeds = smooth_and_seed(groups[rows], settings, 60)
    assert positions.shape == (2_400, 16)
    assert np.allclose(np.linalg.norm(positions, axis=1), 1, atol=1e-5)
    assert len(np.unique(truth[rows][seeds])) >= 38
